"""Poor links: pages seen before can be read, an acknowledgement waits and is sent later."""

import pytest
from playwright.sync_api import expect

from gateway.access import sessions
from gateway.db import writing
from tests.pages import seed
from tests.pages.test_worklist import take

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]


@pytest.fixture
def aoife(site, person):
    """On a phone without a worker: the page alone keeps the queue and sends it."""
    one = person(site, "aoife")
    one.open("/alerts")
    expect(one.page.locator("#live")).to_have_attribute("data-state", "live")
    return one


@pytest.fixture
def worker(site, person):
    """On a phone whose service worker runs. It has a network of its own: `set_offline` of a
    browser under test cuts the page, not always the worker's background sync.
    """
    one = person(site, "aoife", workers="allow")
    one.open("/alerts")
    one.page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    one.page.reload()
    expect(one.page.locator("#live")).to_have_attribute("data-state", "live")
    return one


def row(page, name):
    return page.locator(".alert-row", has_text=name)


def tap_offline(one, name):
    one.context.set_offline(True)
    row(one.page, name).get_by_role("button", name="I have it").click()
    expect(row(one.page, name)).to_contain_text("Waiting to be sent")


def owner(site, rule):
    from gateway.access import SYSTEM
    from gateway.alerts import worklist

    with writing(site.gateway.engine) as conn:
        found = worklist.find_code(conn, SYSTEM, seed.codes(site.gateway)[rule])
        return worklist.detail(conn, SYSTEM, found, site.gateway.clock.now())


def test_a_page_seen_before_is_there_offline_and_says_how_old_it_is(site, worker):
    worker.context.set_offline(True)
    worker.page.reload()
    expect(row(worker.page, "Anna")).to_be_visible()
    expect(worker.page.locator("#offline")).to_contain_text("Offline. As of")


def test_an_acknowledgement_waits_and_is_sent_when_the_network_is_back(site, aoife):
    tap_offline(aoife, "Anna")
    assert owner(site, "spo2-low").row.owner_name is None  # not "yours" before the server says so
    aoife.context.set_offline(False)
    expect(aoife.page.locator(".toast")).to_contain_text("Sent")
    expect(row(aoife.page, "Anna")).to_contain_text("Yours until")
    entry = next(e for e in owner(site, "spo2-low").timeline if e.kind == "acknowledged")
    assert entry.done_at is not None


def test_it_survives_closing_the_page(site, worker):
    tap_offline(worker, "Anna")
    worker.page.close()
    worker.context.set_offline(False)
    worker.page = worker.context.new_page()
    worker.page.goto(f"{site.url}/alerts?show=mine")  # or the worker was faster than this page
    expect(row(worker.page, "Anna")).to_contain_text("Yours until")
    assert owner(site, "spo2-low").row.owner_name == "Aoife"


def test_who_was_faster_has_it_and_one_is_told(site, aoife):
    tap_offline(aoife, "Anna")
    take(site, "bjarni", "spo2-low")
    aoife.context.set_offline(False)
    expect(aoife.page.locator(".toast")).to_contain_text("Bjarni has it already")
    expect(row(aoife.page, "Anna")).to_contain_text("Bjarni has it")


def test_signed_out_meanwhile_it_waits_for_the_same_person(site, aoife):
    tap_offline(aoife, "Anna")
    cookie = next(c for c in aoife.context.cookies() if c["name"] == "homecare_session")
    with writing(site.gateway.engine) as conn:
        sessions.revoke(conn, cookie["value"], site.gateway.clock.now())
    aoife.context.set_offline(False)
    expect(aoife.page.locator(".toast")).to_contain_text("1 actions wait; sign in to send")
    other = aoife.context.new_page()
    other.goto(site.link("bjarni"))
    other.wait_for_url("**/alerts")
    assert (
        owner(site, "spo2-low").row.owner_name is None
    )  # another's session neither sees nor sends
    other.goto(site.link("aoife"))
    expect(other.locator(".toast")).to_contain_text("Sent")
    assert owner(site, "spo2-low").row.owner_name == "Aoife"


def test_what_waits_holds_nothing_clinical(aoife):
    tap_offline(aoife, "Anna")
    item = aoife.page.evaluate("() => homecareQueue.all()")[0]
    assert set(item) == {"key", "code", "action", "done_at", "user"}
    assert item["action"] == "acknowledge"


def test_sign_out_wipes_what_was_kept(worker):
    assert worker.page.evaluate("() => caches.keys()")
    worker.page.goto(f"{worker.site.url}/me")
    worker.page.get_by_role("button", name="Sign out").click()
    worker.page.wait_for_url("**/signin?out=1")
    assert "homecare-pages-1" not in worker.page.evaluate("() => caches.keys()")
