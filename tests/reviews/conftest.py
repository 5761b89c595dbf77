"""The living lab that most stories happen in."""

import pytest

from tests.reviews.lab import four_weeks, open_lab


@pytest.fixture
def lab(tmp_path):
    """Nothing measured yet."""
    made = open_lab(tmp_path)
    yield made
    made.desk.stop()
    made.store.close()
    made.engine.dispose()


@pytest.fixture
def lived(lab):
    """Four weeks on."""
    four_weeks(lab)
    return lab
