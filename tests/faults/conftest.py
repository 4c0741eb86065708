"""What the tests of faults share."""

import pytest
from faults.short_run import end, result_in, start_training


@pytest.fixture(scope="session")
def undisturbed(picture_folder, tmp_path_factory):
    """What the short run ends in when nothing goes wrong."""
    folder = tmp_path_factory.mktemp("undisturbed")
    status, said = end(start_training(folder, picture_folder))
    assert status == 0, said
    return result_in(folder)
