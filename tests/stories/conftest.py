import pytest

from tests.stories.world import World


@pytest.fixture
def world(tmp_path):
    """`world(site, …)` makes a gateway; it is closed at the end."""
    made = []

    def make(*sites, **more):
        made.append(World(tmp_path, *sites, **more))
        return made[-1]

    yield make
    for one in made:
        one.close()
