"""The pages in a browser: a moved limit is replayed, 320 px hold it all, axe finds nothing."""

import os
import threading
from pathlib import Path

import pytest
import uvicorn

from tests.parts import free_port
from tests.reviews.doors import cookie, open_doors
from tests.reviews.lab import HOUR, SITE
from tests.reviews.test_bringing import KITCHEN

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]


@pytest.fixture
def address(lived, tmp_path):
    """The application on a port of loopback, with a review in every phase."""
    app = open_doors(lived, tmp_path).app()
    review = lived.opens(question="Half of the night calls were for nothing.")
    lived.proposes(review)
    lived.replays(review)
    lived.says(lived.carer, review, "object", "Once it was real")
    done = lived.opens()
    lived.proposes(done, 89)
    lived.replays(done, 89)
    lived.all_say(done)
    lived.decides(done, after=10 * HOUR)
    lived.opens()
    config = uvicorn.Config(app, port=free_port(), log_level="error", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        thread.join(0.05)
    yield f"http://127.0.0.1:{config.port}"
    server.should_exit = True
    thread.join()


def opened(chromium, address, lab, who, path, width=360):
    context = chromium.new_context(
        viewport={"width": width, "height": 800}, service_workers="block"
    )
    token = cookie(lab, getattr(lab, who))
    context.add_cookies([{"name": "homecare_session", "value": token, "url": address}])
    page = context.new_page()
    page.goto(address + path)
    return page


PAGES = (
    ("carer", "/rules"),
    ("coordinator", f"/rules/{SITE}/spo2-low"),
    ("coordinator", f"/rules/{SITE}/spo2-low/stop"),
    ("carer", "/rules/new"),
    ("carer", "/rules/new?review=3"),
    ("carer", "/reviews"),
    ("carer", "/reviews/3"),
    ("decider", "/reviews/1"),
    ("decider", "/reviews/1/decide"),
    ("facilitator", "/reviews/2/outcome"),
)


def test_every_page_is_accessible_and_fits_a_phone(chromium, address, lived):
    axe = ROOT / "node_modules" / "axe-core" / "axe.min.js"
    if not axe.exists():
        pytest.skip("needs axe-core; get it with: deploy/pages.sh")
    script = axe.read_text()
    for who, path in PAGES:
        for width in (320, 1280):
            page = opened(chromium, address, lived, who, path, width)
            wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert page.evaluate(wide) == 0, (path, width)
            page.evaluate(script)
            found = page.evaluate(
                "async () => (await axe.run()).violations.map(v => [v.id, v.nodes[0].html])"
            )
            assert found == [], (path, width)
            page.context.close()


@pytest.mark.parametrize("wrong", [False, True])
def test_a_file_is_checked_on_a_phone(chromium, address, lived, tmp_path, wrong):
    """Its lines with what is wrong, or its sentence and examples: all fit, and axe is content."""
    text = KITCHEN.replace("until: $by", "untill: $by") if wrong else KITCHEN
    file = tmp_path / "kitchen.yaml"
    file.write_text(text)
    for width in (320, 1280):
        page = opened(chromium, address, lived, "carer", "/rules/new", width)
        page.get_by_label("From a file").set_input_files(file)
        page.get_by_role("button", name="Check it").click()
        page.get_by_role("heading", name="Line by line" if wrong else "Into a review").wait_for()
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(wide) == 0, width
        page.evaluate((ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text())
        found = page.evaluate(
            "async () => (await axe.run()).violations.map(v => [v.id, v.nodes[0].html])"
        )
        assert found == [], width
        if shots := os.environ.get("HOMECARE_SHOTS"):
            page.screenshot(path=f"{shots}/bring-{width}-{wrong}.png", full_page=True)
        page.context.close()


def test_a_limit_moved_by_keyboard_is_replayed(chromium, address, lived):
    page = opened(chromium, address, lived, "carer", "/reviews/3")
    box = page.locator("#limit-limit")
    less = page.get_by_role("button", name="Low below: less")
    less.focus()
    for _ in range(4):
        page.keyboard.press("Enter")
    assert box.input_value() == "88"
    assert page.locator("input[type=range]").first.input_value() == "88"
    page.get_by_text("Waiting for its turn").wait_for()
    lived.works_off()
    page.get_by_role("heading", name="Nights woken").wait_for()
    assert "14" in page.locator("#then-now").inner_text()


def test_a_limit_stops_at_the_end_of_its_range(chromium, address, lived):
    page = opened(chromium, address, lived, "carer", "/reviews/3")
    more = page.get_by_role("button", name="Low below: more")
    for _ in range(5):
        more.click(force=True)
    assert page.locator("#limit-limit").input_value() == "95"
    assert more.get_attribute("aria-disabled") == "true"


def test_without_script_the_same_is_done_by_forms(chromium, address, lived):
    context = chromium.new_context(java_script_enabled=False)
    token = cookie(lived, lived.carer)
    context.add_cookies([{"name": "homecare_session", "value": token, "url": address}])
    page = context.new_page()
    page.goto(f"{address}/reviews/3")
    page.locator("#limit-limit").fill("88")
    page.get_by_role("button", name="Show then and now").click()
    lived.works_off()
    page.reload()
    assert "Nights woken" in page.locator("#then-now").inner_text()
