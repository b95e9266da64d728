"""Fixtures that several of these tests share."""

from tests.integration.judging import core, scratch
from tests.integration.trees import files, public, root

__all__ = ["core", "files", "public", "root", "scratch"]
