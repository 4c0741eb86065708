"""Package the bundled models, which are outside the package folder; see setup.cfg."""

from setuptools import find_packages, setup

MODELS = "colorkeras.saved_models"

setup(
    packages=[*find_packages(include=["colorkeras*"]), MODELS],
    package_dir={MODELS: "saved_models"},
)
