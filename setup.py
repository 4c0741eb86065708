"""What setup.cfg cannot say: the bundled models, which lie beside the package, are part of it."""

from setuptools import find_packages, setup

MODELS = "colorkeras.saved_models"

setup(
    packages=[*find_packages(include=["colorkeras*"]), MODELS],
    package_dir={MODELS: "saved_models"},
)
