"""The main job as a newcomer tries it: the running demo, in a browser, by its pages alone.

An alert comes by itself, is taken and closed; a pasted `mosquitto_pub` line raises another; a
review changes the rule by its quorum, and the changed rule is seen to act.
"""

import re
import shlex
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.parts import need_program

pytestmark = [pytest.mark.browser, pytest.mark.broker, pytest.mark.enable_socket]

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_MS = 90_000
ROWS = "#worklist ul.rows > li"


class Demo:
    """A running demo: its sign-in links by role."""

    def __init__(self, data: Path) -> None:
        command = [sys.executable, "-u", "-m", "api.cli.main", "demo", "--data", str(data)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        self.links: dict[str, str] = {}
        watchdog = threading.Timer(240, self.process.kill)
        watchdog.start()
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := re.search(r"\bas (?:a )?([a-z' ]+?):? +(http\S+)", line):
                self.links[found.group(1)] = found.group(2)
            if line.startswith("The homes live"):
                break
        watchdog.cancel()

    def end(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=60)


@pytest.fixture
def demo(tmp_path):
    running = Demo(tmp_path / "demo")
    yield running
    running.end()


@pytest.fixture
def people(demo, chromium):
    """`people("carer")`: a phone's browser in which that person is signed in, as the link does."""
    known = {}

    def of(role):
        if role not in known:
            page = chromium.new_context(viewport={"width": 360, "height": 780}).new_page()
            page.set_default_timeout(PATIENCE_MS)
            page.goto(demo.links[role])
            page.wait_for_url(lambda address: "/signin" not in address)
            known[role] = page
        return known[role]

    yield of
    for page in known.values():
        page.context.close()


def go(page, path):
    page.goto("/".join(page.url.split("/")[:3]) + path)


def open_first(page, words):
    """Open the first alert of the worklist that says `words`, once it is there by itself."""
    row = page.locator(ROWS).filter(has_text=words).first
    waiting = page.locator("#news button")
    for _ in range(PATIENCE_MS // 500):
        if row.is_visible():
            break
        if waiting.is_visible():  # "2 new: show"
            waiting.evaluate("button => button.click()")
        page.wait_for_timeout(500)
    row.get_by_role("link").first.click()
    page.wait_for_url(re.compile(r"/alerts/[0-9A-Z]{4}"))


def take_and_close(page):
    """I have it; then what it was, what was done."""
    page.get_by_role("button", name="I have it").first.click()
    page.get_by_role("button", name="Still on it").first.wait_for()
    page.get_by_text("Close this alert").first.click()
    page.get_by_label("Useful").check(force=True)
    page.get_by_label("Phoned").check(force=True)
    page.locator("form[action$='/close'] button[type=submit]").click()
    page.get_by_text("Closed").first.wait_for()


def pressure(page, systolic, diastolic):
    """The line that the page Try it shows for pressure, pasted with other numbers."""
    go(page, "/try")
    line = page.locator("pre").filter(has_text="systolic").first.inner_text()
    words = shlex.split(line.replace("204", str(systolic)).replace("118", str(diastolic)))
    assert words[0] == "mosquitto_pub"
    subprocess.run(words, check=True, timeout=30)


def position(page, review, stance):
    go(page, review)
    page.get_by_label(stance).check(force=True)
    page.get_by_label("None", exact=True).check(force=True)
    page.get_by_role("button", name="Take this position").click()
    page.get_by_text("Change my position").wait_for()


def test_an_alert_comes_is_closed_and_a_review_changes_the_rule(people):
    need_program("mosquitto_pub", "apt-get install mosquitto-clients")
    carer = people("carer")
    open_first(carer, "nobody has it")
    take_and_close(carer)

    # Within today's limits nobody is told; beyond them somebody is.
    pressure(carer, 165, 95)
    pressure(carer, 204, 118)
    go(carer, "/alerts?site=donegal")
    open_first(carer, "204")
    take_and_close(carer)
    pressure(carer, 132, 80)

    facilitator = people("facilitator")
    go(facilitator, "/rules/donegal/blood-pressure-out-of-range")
    facilitator.get_by_label("What troubles you").fill(
        "Pressure rises long before anybody is told."
    )
    facilitator.get_by_role("button", name="Propose a change").click()
    facilitator.wait_for_url(re.compile(r"/reviews/\d+"))
    review = "/" + "/".join(facilitator.url.split("?")[0].split("/")[3:])
    facilitator.get_by_label("Systolic above (mmHg)").or_(
        facilitator.locator("#limit-systolic_high")
    ).first.fill("160")
    facilitator.get_by_label("Why would this be better?").fill("The nurse can act earlier.")
    facilitator.get_by_role("button", name="Put this proposal on the table").click()
    facilitator.get_by_role("heading", name="Nights woken").wait_for()

    position(people("carer"), review, "Support")
    position(people("resident's representative"), review, "Support")
    decider = people("decider")
    position(decider, review, "Can live with")
    go(decider, f"{review}/decide")
    decider.get_by_label("Adopt").check(force=True)
    decider.get_by_label("Reasons").fill("Told earlier, for two more calls a month.")
    decider.get_by_label("None voiced").check(force=True)
    decider.get_by_label("Who was there").fill("a resident, a carer, the municipality")
    decider.get_by_role("button", name="Decide and deploy").click()
    decider.wait_for_url(lambda address: "/decide" not in address)

    go(decider, "/rules/donegal/blood-pressure-out-of-range")
    decider.get_by_text("above 160").first.wait_for()
    pressure(carer, 166, 95)
    go(carer, "/alerts?site=donegal")
    open_first(carer, "166")
