"""Fixtures for film tests."""

import pytest

import colorkeras


@pytest.fixture(scope="session")
def unet():
    """`Predictor` for the smallest bundled model."""
    return colorkeras.load("unet")
