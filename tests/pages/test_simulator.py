"""The page of a running simulation, as a technician uses it: by keyboard, on a phone and a desk."""

import json
from urllib.request import Request, urlopen

import pytest

from tests.http.test_simulation import BEGAN, HOUR, RUN, a_home, a_report, planted
from tests.pages import seed
from tests.pages.conftest import AXE, missing
from tests.pages.test_every_page import FITS, TOO_SMALL, VIOLATIONS

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]

REPORTS = "/api/v1/simulations/reports"
SITUATIONS = [
    planted(start=seed.NOW - 30 * HOUR),
    planted("fall", start=BEGAN, home="home-einar", scenario="fall-with-detector"),
    planted("weight-gain", start=seed.NOW + 9 * HOUR, how_soon="today"),
]
REPORT = a_report(
    cast=[a_home(), a_home("home-einar")],
    planted=SITUATIONS,
    refused=[{"hub": "borgarbyggd/home-9", "why": "Not authorized"}],
    away=1,
)


@pytest.fixture
def simulator(site):
    """A simulator's word to the running application; what it is told."""
    token = site.gateway.token((seed.SITE, "technician"))

    def report(**fields):
        request = Request(
            site.url + REPORTS,
            json.dumps(REPORT | fields).encode(),
            {"authorization": f"Bearer {token}", "content-type": "application/json"},
        )
        with urlopen(request, timeout=30) as answer:
            return json.load(answer)["orders"]

    report()
    return report


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_it(person, site, simulator, width, scheme):
    missing(AXE, "sh deploy/pages.sh")
    page = person(site, "tomas", width=width, color_scheme=scheme).open("/simulator")
    page.evaluate(AXE.read_text())
    assert page.evaluate(VIOLATIONS) == []
    assert page.evaluate(FITS) <= 0
    if width == 360:
        assert page.evaluate(TOO_SMALL) == []
        page.set_viewport_size({"width": 320, "height": 640})
        assert page.evaluate(FITS) <= 0


@pytest.mark.parametrize("language", ["ga", "is", "nn", "sv", "fi"])
def test_it_fits_in_every_language(person, site, simulator, language):
    tomas = person(site, "tomas")
    page = tomas.open("/me")
    page.select_option("#language", language)
    page.locator("form[action='/me/language'] button").click()
    page = tomas.open("/simulator")
    assert page.locator("html").get_attribute("lang") == language
    assert page.evaluate(FITS) <= 0


def test_what_is_staged_by_keyboard_and_what_became_of_it_comes_in(person, site, simulator):
    page = person(site, "tomas").open("/simulator")
    page.locator("#home").focus()
    page.keyboard.type("borgarbyggd/home-anna")
    page.keyboard.press("Tab")
    page.keyboard.type("the SOS button")
    page.locator("#what").press("Enter")
    if "#order" not in page.url:
        page.locator("form[action='/simulator/stage'] button").press("Enter")
    page.wait_for_url("**/simulator?run=*")
    (order,) = simulator()
    assert (order["kind"], order["scenario"], order["home"]) == ("scenario", "sos", "home-anna")
    assert "waiting" in page.locator("#simulator-live").inner_text()
    simulator(answers=[{"order": order["order"], "done": True, "words": ""}])
    page.locator("#simulator-live .tag", has_text="done").wait_for()
    assert RUN in page.url
