"""Take the README's picture of the worklist from a running demo.

    .venv/bin/python docs/picture.py        # needs Debian's chromium

Starts a demo of its own in a throw-away folder, signs in as its carer, waits until an alert has
come by itself, and writes docs/worklist.png and docs/worklist-phone.png.
"""

import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).resolve().parent
HOMECARE = Path(sys.executable).parent / "homecare"
CHROMIUM = "/usr/bin/chromium"
ROW = "#worklist ul.rows > li"
PATIENCE_S = 120


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        demo = subprocess.Popen(
            [HOMECARE, "demo", "--data", f"{folder}/demo"], stdout=subprocess.PIPE, text=True
        )
        try:
            link = _carers_link(demo)
            with sync_playwright() as play:
                browser = play.chromium.launch(
                    executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
                )
                page = browser.new_page(viewport={"width": 1280, "height": 860})
                _sign_in(page, link)
                _wait_for_alerts(page)
                page.screenshot(path=HERE / "worklist.png")
                page.set_viewport_size({"width": 360, "height": 740})
                page.screenshot(path=HERE / "worklist-phone.png")
                browser.close()
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(30)


def _carers_link(demo: "subprocess.Popen[str]") -> str:
    assert demo.stdout is not None
    for line in demo.stdout:
        print(line, end="")
        found = re.search(r"sign in as a carer:\s+(\S+)", line)
        if found:
            return found.group(1)
    raise SystemExit("the demo ended before it printed a sign-in link")


def _sign_in(page: Page, link: str) -> None:
    page.goto(link)
    button = page.locator("main button[type=submit]")
    if button.count():
        button.first.click()
    page.wait_for_url("**/alerts*")


def _wait_for_alerts(page: Page) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while page.locator(ROW).count() < 3:
        if time.monotonic() > deadline:
            raise SystemExit("no alert came; see the demo's log")
        page.wait_for_timeout(5_000)
        page.reload()  # what came meanwhile waits behind "2 new: show"


if __name__ == "__main__":
    main()
