"""Every page speaks every language: nothing cut off on a phone, nothing left unfilled."""

import re

import pytest
from sqlalchemy import update

from gateway.access.tables import user
from gateway.db import writing
from gateway.texts import LANGUAGES, SOURCE
from tests.pages import seed
from tests.pages.conftest import Person, _serve
from tests.pages.test_every_page import FITS, PAGES

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]

OTHERS = [language for language in LANGUAGES if language != SOURCE]
SKIPPED = {"api", "not found", "link", "two sites"}  # developers' own, or another page with less
UNFILLED = re.compile(r"%\([a-z_]+\)s|\{[a-z_.]+\}")


@pytest.fixture(scope="module")
def spoken_site(tmp_path_factory):
    """A site of its own: its users change their language."""
    yield from _serve(tmp_path_factory.mktemp("spoken"))


def speak(site, language):
    with writing(site.gateway.engine) as conn:
        conn.execute(update(user).values(language=language))


@pytest.mark.parametrize("language", OTHERS)
def test_every_page_holds_on_a_phone(chromium, spoken_site, language):
    speak(spoken_site, language)
    codes = seed.codes(spoken_site.gateway)
    wrong, windows = [], {}
    for name, (login, path) in PAGES.items():
        if name in SKIPPED or login is None:
            continue
        if login not in windows:
            windows[login] = Person(chromium, spoken_site, login)
        page = windows[login].open(path.format(**codes))
        chosen = "fi" if "language=fi" in path else language  # a sheet, for whoever reads it
        assert page.locator("html").get_attribute("lang") == chosen
        if page.evaluate(FITS) > 0:
            wrong.append(f"{name}: wider than the screen")
        text = page.locator("body").inner_text()
        wrong += [f"{name}: {found}" for found in UNFILLED.findall(text) if "payload" not in name]
    complaints = [text for one in windows.values() for text in one.complaints]
    for one in windows.values():
        one.context.close()
    assert wrong == []
    assert complaints == []


def test_somebody_chooses_a_language(chromium, spoken_site):
    speak(spoken_site, SOURCE)
    someone = Person(chromium, spoken_site, "aoife")
    page = someone.open("/me")
    page.get_by_label("Pages and rules speak").select_option(label="Suomi")
    page.get_by_role("button", name="Use this language").click()
    page.wait_for_selector("html[lang=fi]")
    assert page.get_by_role("button", name="Kirjaudu ulos").is_visible()
    alerts = someone.open("/alerts").locator("main").inner_text()
    assert "Minä hoidan" in alerts
    someone.context.close()


def test_the_way_in_speaks_as_the_browser_asks(chromium, spoken_site):
    stranger = Person(chromium, spoken_site, None, locale="is-IS")
    page = stranger.open("/signin")
    assert page.locator("html").get_attribute("lang") == "is"
    assert page.get_by_role("heading", name="Hver ert þú?").is_visible()
    stranger.context.close()
