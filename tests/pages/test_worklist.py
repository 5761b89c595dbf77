"""The worklist lives: what happens is seen without a reload, and nothing moves under a finger."""

import pytest
from playwright.sync_api import expect

from gateway.alerts import service
from gateway.db import writing
from tests.pages import seed

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]


def press_sos(site):
    site.gateway.clock.advance(1000)
    now = site.gateway.clock.now()
    site.gateway.measure("home-sigrid", "sigrid", "sos", "1", now, device="sos")
    site.gateway.advance(5_000)


def take(site, login, rule):
    """A colleague takes an alert elsewhere."""
    from gateway.access import people, users
    from gateway.alerts import worklist

    gateway = site.gateway
    now = gateway.clock.now()
    with writing(gateway.engine) as conn:
        viewer = people.viewer_of(conn, users.by_login(conn, login).id, now)
        alert_id = worklist.find_code(conn, viewer, seed.codes(gateway)[rule])
        outcome = service.acknowledge(conn, viewer, alert_id, None, f"{login}-{rule}", now)
    gateway.bulletin.publish(outcome.news)


@pytest.fixture
def aoife(site, person):
    one = person(site, "aoife")
    page = one.open("/alerts")
    page.evaluate("() => { window.loaded = true; }")
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    return one


def still_loaded(page):
    return page.evaluate("() => window.loaded === true")


def test_a_new_alert_appears_by_itself(site, aoife):
    press_sos(site)
    row = aoife.page.locator(".alert-row", has_text="Sigríður Árnadóttir")
    expect(row).to_contain_text("SOS")
    expect(aoife.page.locator("#counts")).to_contain_text("3")
    assert still_loaded(aoife.page)
    assert aoife.complaints == []


def test_what_a_colleague_takes_changes_in_place(site, aoife):
    take(site, "bjarni", "weight-up")
    row = aoife.page.locator(".alert-row", has_text="Helgi")
    expect(row).to_contain_text("Bjarni has it")
    expect(row.get_by_role("button")).to_have_count(0)
    assert still_loaded(aoife.page)


def test_i_have_it_is_one_tap(site, aoife):
    row = aoife.page.locator(".alert-row", has_text="Anna")
    row.get_by_role("button", name="I have it").click()
    expect(row).to_contain_text("Yours until")
    assert still_loaded(aoife.page)
    aoife.page.get_by_role("link", name="Mine").click()
    expect(aoife.page.locator(".alert-row")).to_have_count(1)


def test_nothing_moves_under_a_focus_and_a_button_says_what_is_new(site, aoife):
    page = aoife.page
    page.locator(".alert-row").last.get_by_role("button").focus()
    before = page.locator(".alert-row .who").all_text_contents()
    press_sos(site)
    news = page.get_by_role("button", name="1 new: NOW")
    expect(news).to_be_visible()
    assert page.locator(".alert-row .who").all_text_contents() == before
    expect(page.locator("#shouted")).to_contain_text("Nobody has it")
    news.click()
    expect(page.locator(".alert-row").filter(has_text="Sigríður")).to_have_count(1)
    expect(news).to_be_hidden()


def test_a_list_that_is_no_longer_live_says_since_when(site, person):
    one = person(site, "aoife")
    one.page.clock.install()
    page = one.open("/alerts")
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    site.gateway.bulletin.close()
    one.context.set_offline(True)
    page.clock.fast_forward(70_000)
    expect(page.locator("#live")).to_contain_text("Not live since")
    expect(page.locator("#refresh")).to_be_visible()


def test_no_alert_is_calm_only_where_homes_are_heard(site, person):
    page = person(site, "sean").open("/alerts")
    expect(page.locator(".empty")).to_contain_text("0 of 1 homes heard")


def test_with_the_keyboard_alone_an_alert_is_taken_and_closed(site, person):
    page = person(site, "aoife", width=1280).open("/alerts")
    tab_to(page, "I have it")
    page.keyboard.press("Enter")
    mine = page.locator(".alert-row.mine")
    expect(mine).to_contain_text("Yours until")
    name = mine.locator(".who a").text_content()
    page.locator("main").focus()
    tab_to(page, name)
    page.keyboard.press("Enter")
    page.wait_for_url("**/alerts/*")
    tab_to(page, "Useful", key="value", value="useful")
    page.keyboard.press("Space")
    tab_to(page, "Phoned", key="value", value="phoned")
    page.keyboard.press("Space")
    tab_to(page, "Close alert")
    page.keyboard.press("Enter")
    expect(page.locator(".alert")).to_contain_text("Useful, Phoned")


def tab_to(page, text, *, key="text", value=""):
    """Press Tab until the focus is where a person would want it."""
    for _ in range(60):
        page.keyboard.press("Tab")
        focus = page.evaluate(
            "() => ({text: document.activeElement.textContent,"
            " value: document.activeElement.value})"
        )
        if (key == "text" and focus["text"].strip().startswith(text)) or (
            key == "value" and focus["value"] == value
        ):
            return
    pytest.fail(f"no way to {text!r} by Tab")


def test_an_open_alert_follows_what_colleagues_do(site, person):
    page = person(site, "aoife").open(f"/alerts/{seed.codes(site.gateway)['weight-up']}")
    page.locator("summary", has_text="Table").click()
    take(site, "bjarni", "weight-up")
    expect(page.get_by_role("button", name="Take over from Bjarni")).to_be_visible()
    expect(page.locator(".timeline")).to_contain_text("Bjarni has it")
    expect(page.locator(".chart table")).to_be_visible()  # what one had opened stays open


def test_an_alert_waits_while_somebody_writes_about_it(site, person):
    page = person(site, "aoife").open(f"/alerts/{seed.codes(site.gateway)['weight-up']}")
    page.locator("summary", has_text="Add a note").click()
    page.locator("#note-text").fill("Half a sentence")
    take(site, "bjarni", "weight-up")
    expect(page.locator("#changed")).to_be_visible()
    expect(page.locator("#note-text")).to_have_value("Half a sentence")
    page.get_by_role("button", name="Save note").click()
    expect(page.locator(".timeline")).to_contain_text("Half a sentence")


def test_taking_and_closing_on_the_alerts_own_page(site, person):
    one = person(site, "aoife")
    page = one.open(f"/alerts/{seed.codes(site.gateway)['spo2-low']}")
    page.get_by_role("button", name="I have it").click()
    page.get_by_role("link", name="Close", exact=True).click()
    page.get_by_label("False alert").check(force=True)
    page.get_by_label("Phoned").check(force=True)
    page.get_by_role("button", name="Close alert").click()
    expect(page.locator(".alert")).to_contain_text("Aoife closed it: false alert, phoned")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".timeline")).to_contain_text("Aoife took that back")
    assert one.complaints == []


def test_a_chart_is_read_with_arrow_keys(site, person):
    page = person(site, "aoife").open("/residents/anna")
    page.locator("[data-explore]").first.click()
    spoken = page.locator(".explore-value").first
    expect(spoken).to_contain_text("kg")
    last = spoken.text_content()
    page.keyboard.press("ArrowLeft")
    expect(spoken).not_to_have_text(last)
