"""Fixtures for fault injection tests."""

import pytest
from faults.short_run import end, result_in, start_training


@pytest.fixture(scope="session")
def undisturbed(image_folder, tmp_path_factory):
    """Result of the short run without faults."""
    folder = tmp_path_factory.mktemp("undisturbed")
    status, output = end(start_training(folder, image_folder))
    assert status == 0, output
    return result_in(folder)
