"""Why and why not at a browser: by keyboard, on a phone, and on paper."""

import re

import pytest

from tests.pages import seed

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]

NIGHT = seed.NOW - 20 * seed.MINUTE


def tab_to(page, text, most=60):
    """Press Tab until what has the focus says so."""
    for _ in range(most):
        page.keyboard.press("Tab")
        said = page.evaluate("() => document.activeElement.innerText || ''")
        if text in said:
            return
    pytest.fail(f"no way by keyboard to {text!r}")


def moment(page):
    return int(re.search(r"[?&]at=(\d+)", page.url)[1])


def test_from_the_alert_to_the_reading_before_by_keyboard(person, looked_at):
    aoife = person(looked_at, "aoife")
    code = seed.codes(looked_at.gateway)["spo2-low"]
    page = aoife.open(f"/alerts/{code}")
    tab_to(page, "Why exactly?")
    page.keyboard.press("Enter")
    page.wait_for_url("**/why?*")
    assert "Yes: all that it asks for was so" in page.inner_text(".why-verdict")
    onset = moment(page)
    tab_to(page, "Reading before")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: f"at={onset}" not in url)
    assert moment(page) < onset
    assert "No: stopped at line" in page.inner_text(".why-verdict")
    tab_to(page, "A minute later")
    before = moment(page)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: f"at={before}" not in url)
    assert moment(page) == before + seed.MINUTE
    assert aoife.complaints == []


def test_what_would_have_turned_a_line_opens_by_keyboard(person, looked_at):
    page = person(looked_at, "aoife").open(
        "/why?resident=helgi&rule=weight-up&at=" + str(seed.NOW - 3 * seed.HOUR)
    )
    verdict = page.inner_text(".why-verdict")
    assert re.match(r"(No: stopped|Unknown: line)", verdict), verdict


def test_unknown_is_dashed_and_never_a_cross(person, looked_at):
    at = seed.NOW - 7 * seed.HOUR
    page = person(looked_at, "aoife").open(f"/why?resident=einar&rule=spo2-low&at={at}")
    marks = page.locator(".why-tree .why-mark")
    assert {marks.nth(i).get_attribute("aria-label") for i in range(marks.count())} == {"unknown"}
    assert page.locator(".why-line.stopped .why-missing").count() >= 1


def test_a_draft_is_tried_at_the_moment(person, looked_at):
    page = person(looked_at, "aoife", width=1280).open("/why?resident=anna&rule=spo2-low")
    page.locator("summary", has_text="Try a draft").click()
    text = page.input_value("#draft").replace("default: 92 %", "default: 85 %")
    page.fill("#draft", text)
    page.get_by_role("button", name="Ask the draft").click()
    page.wait_for_selector(".tag:has-text('draft')")
    assert "No: stopped at line 2" in page.inner_text(".why-verdict")
    page.fill("#draft", text.replace("below:", "belwo:"))
    page.get_by_role("button", name="Ask the draft").click()
    page.wait_for_selector(".ds-error-summary")
    assert "belwo" in page.inner_text(".ds-error-summary")
    assert "belwo" in page.input_value("#draft")  # what was typed is not lost


def test_derived_signals_come_by_themselves(person, looked_at):
    page = person(looked_at, "aoife").open("/residents/anna")
    page.wait_for_selector("#derived .derived")
    assert "isits to the bathroom" in page.inner_text("#derived")


def test_derived_signals_come_without_script_too(person, looked_at):
    aoife = person(looked_at, "aoife")
    state = aoife.context.storage_state()
    plain = aoife.context.browser.new_context(java_script_enabled=False, storage_state=state)
    page = plain.new_page()
    page.goto(looked_at.url + "/residents/anna")
    page.get_by_role("link", name="work it out").click()
    assert page.locator("#derived .derived").count() == 1
    plain.close()


@pytest.mark.parametrize("language", ["en", "fi", "ga"])
def test_a_sheet_is_black_on_white_and_fits_on_two_sides_of_paper(person, looked_at, language):
    freyja = person(looked_at, "freyja", width=1280, color_scheme="dark")
    page = freyja.open(f"/rules/{seed.SITE}/spo2-low/sheet?language={language}")
    page.emulate_media(media="print")
    look = "e => [getComputedStyle(e).color, getComputedStyle(e).backgroundColor]"
    assert page.eval_on_selector(".sheet", look) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    assert page.locator(".menu").is_hidden()
    assert page.locator(".sheet-tools").is_hidden()
    paper = page.pdf(format="A4", prefer_css_page_size=True)
    pages = len(re.findall(rb"/Type\s*/Page[^s]", paper))
    assert 1 <= pages <= 2
