"""Every page, on a phone and on a desk: readable by all, nothing cut off, nothing forbidden run."""

import pytest

from tests.pages import seed
from tests.pages.conftest import AXE, missing

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]

PAGES = {
    "sign-in": (None, "/signin"),
    "link": (None, "/signin/link?token=used-up"),
    "alerts": ("aoife", "/alerts"),
    "mine": ("aoife", "/alerts?show=mine"),
    "closed": ("aoife", "/alerts?show=closed"),
    "two sites": ("both", "/alerts"),
    "alert with a chart": ("aoife", "/alerts/{spo2-low}"),
    "alert of a week": ("aoife", "/alerts/{weight-up}"),
    "alert of a door": ("aoife", "/alerts/{outer-door-open-at-night}"),
    "alert of a device": ("tomas", "/alerts/{home-silent}"),
    "residents": ("aoife", "/residents"),
    "resident": ("aoife", "/residents/anna"),
    "my own alerts": ("anna", "/residents/anna"),
    "a rule for one resident": ("bjarni", "/residents/anna/rules/spo2-low"),
    "devices": ("aoife", "/devices"),
    "rejected": ("katrin", "/deadletters"),
    "rejected one": ("katrin", "/deadletters/1"),
    "replay": ("katrin", "/deadletters/check"),
    "operations": ("tomas", "/operations"),
    "simulator": ("tomas", "/simulator"),
    "reviews": ("freyja", "/reviews"),
    "rules": ("aoife", "/rules"),
    "rule": ("aoife", "/rules/borgarbyggd/spo2-low"),
    "sheet of a rule": ("freyja", "/rules/borgarbyggd/spo2-low/sheet?language=fi"),
    "why: whom": ("aoife", "/why"),
    "why: yes": ("aoife", "/why?resident=anna&rule=spo2-low"),
    "why: no": ("aoife", "/why?resident=helgi&rule=blood-pressure-out-of-range&at=1793759400000"),
    "why: unknown": ("aoife", "/why?resident=einar&rule=spo2-low&at=1793736000000"),
    "why: gone": ("aoife", "/why?resident=einar&rule=spo2-low&at=1777777777777"),
    "derived": ("aoife", "/residents/anna/signals"),
    "on offer": ("freyja", "/library/fall"),
    "try": ("aoife", "/try"),
    "me": ("aoife", "/me"),
    "not found": ("aoife", "/nothing"),
    "api": (None, "/api/docs"),
}
EXPECTED = {"not found": "404 (Not Found)", "link": "401 (Unauthorized)"}  # of the browser
FITS = "() => document.documentElement.scrollWidth - window.innerWidth"
TOO_SMALL = """() => [...document.querySelectorAll(
    'button, a.button, summary, nav a, .reach, select, textarea, input:not([type=hidden])')]
  .filter(e => e.checkVisibility() && !e.matches('.choice input, .ds-skip-link'))
  .filter(e => e.getBoundingClientRect().height < 43.5)
  .map(e => e.outerHTML.slice(0, 120))"""
VIOLATIONS = """async () => (await axe.run(document, {resultTypes: ['violations']})).violations
  .map(v => `${v.id}: ${v.nodes.map(n => n.target).slice(0, 3).join(' | ')}`)"""


@pytest.fixture(scope="module")
def people(chromium, looked_at):
    """One browser window for each login and width, kept over all pages."""
    from tests.pages.conftest import Person

    windows = {}

    def window(login, width, **options):
        key = (login, width, *options.values())
        if key not in windows:
            windows[key] = Person(chromium, looked_at, login, width=width, **options)
        return windows[key]

    yield window
    for one in windows.values():
        one.context.close()


def visit(people, looked_at, name, width, **options):
    login, path = PAGES[name]
    someone = people(login, width, **options)
    someone.complaints.clear()
    for rule, code in seed.codes(looked_at.gateway).items():
        path = path.replace("{" + rule + "}", code)
    return someone, someone.open(path)


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", PAGES)
def test_everybody_can_use_it(people, looked_at, name, width):
    missing(AXE, "sh deploy/pages.sh")
    someone, page = visit(people, looked_at, name, width)
    page.evaluate(AXE.read_text())
    assert page.evaluate(VIOLATIONS) == []
    assert page.evaluate(FITS) <= 0
    expected = EXPECTED.get(name, "(nothing)")
    assert [text for text in someone.complaints if expected not in text] == []
    if width == 360:
        assert page.evaluate(TOO_SMALL) == []
        page.set_viewport_size({"width": 320, "height": 640})
        assert page.evaluate(FITS) <= 0
        page.set_viewport_size({"width": 360, "height": 740})


@pytest.mark.parametrize("name", ["alerts", "alert with a chart", "resident", "devices", "sign-in"])
def test_axe_finds_nothing_in_the_dark(people, looked_at, name):
    missing(AXE, "sh deploy/pages.sh")
    _, page = visit(people, looked_at, name, 360, color_scheme="dark")
    page.evaluate(AXE.read_text())
    assert page.evaluate(VIOLATIONS) == []
