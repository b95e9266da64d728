"""Fixtures that several of these tests share."""

from tests.integration.trees import files, public, root

__all__ = ["files", "public", "root"]
