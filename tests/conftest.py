"""What all tests share: Hypothesis profiles, and sockets that stay closed unless a test asks."""

import os

import pytest
from hypothesis import HealthCheck, settings

from tests.parts import need_program

# Machines differ in speed: no deadline by time. CI draws the same cases each run, so that a red
# build is the change's fault; `HYPOTHESIS_PROFILE=wide` hunts for new ones.
settings.register_profile(
    "ci", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("dev", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "wide", deadline=None, max_examples=5_000, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") == "true" else "dev")
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """The browser's driver keeps an event loop on this thread: whoever starts one comes before."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.fixture(scope="session")
def chromium():
    """One real Chromium for all browser tests; each opens a context of its own."""
    program = need_program("chromium", "apt-get install --no-install-recommends chromium")
    from playwright.sync_api import sync_playwright  # not needed by the other tests

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()
