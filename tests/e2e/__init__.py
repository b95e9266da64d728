"""Whole stories on booted hosts of every suite."""

import pytest

pytest.register_assert_rewrite("tests.e2e.steps")
