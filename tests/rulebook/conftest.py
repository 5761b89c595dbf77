"""The site that most stories happen at."""

import pytest

from tests.rulebook.site import open_site


@pytest.fixture
def site(tmp_path):
    made = open_site(tmp_path)
    yield made
    made.engine.dispose()
