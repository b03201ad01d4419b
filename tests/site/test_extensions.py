"""The examples in the site's extensions hold."""

import doctest
import importlib

import build_book
import pytest

NAMES = sorted(path.stem for path in (build_book.BOOK / "_ext").glob("*.py"))


@pytest.mark.parametrize("name", NAMES)
def test_its_examples_hold(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
