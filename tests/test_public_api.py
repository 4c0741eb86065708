"""Tests for the public API of `colorkeras`."""

import pytest

import colorkeras


@pytest.mark.parametrize("name", colorkeras.__all__)
def test_public_names_exist_and_are_documented(name):
    value = getattr(colorkeras, name)
    assert name in dir(colorkeras)
    if callable(value):
        assert value.__doc__


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="'colorkeras' has no attribute 'colour'"):
        _ = colorkeras.colour


def test_import_loads_neither_tensorflow_nor_numpy(run_python):
    heavy = "{'tensorflow', 'keras', 'numpy'}"
    process = run_python("-c", f"import sys, colorkeras; print(sorted({heavy} & {{*sys.modules}}))")
    assert process.stdout.strip() == "[]", process.stderr
