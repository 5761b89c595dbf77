"""The seeded gateway behind a real web server, and a real Chromium in front of it."""

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from api.app import build_app
from api.pages.demo import DemoPanel, TryIt
from tests.pages import seed
from tests.parts import free_port

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "api" / "static" / "vendor" / "htmx.min.js"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"


def missing(path: Path, how: str) -> None:
    """Skip, or fail in CI, with the command that brings it."""
    import os

    if path.exists():
        return
    reason = f"needs {path.relative_to(ROOT)}; get it with: {how}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@dataclass
class Site:
    """A gateway that people can look at."""

    gateway: seed.SeededGateway
    app: Any
    url: str
    server: uvicorn.Server

    def link(self, login: str) -> str:
        return f"{self.url}/signin/link?token={self.gateway.link(login)}"


def _serve(folder: Path):
    missing(VENDOR, "make install")
    gateway = seed.build(folder)
    seed.fill(gateway)
    app = build_app(gateway)
    app.state.demo = DemoPanel(
        (
            TryIt(
                title="Weigh Anna by hand",
                site=seed.SITE,
                home="home-anna",
                device="body-weight",
                host="127.0.0.1",
                port=1883,
                user=f"{seed.SITE}.home-anna.body-weight",
                password="a-device-password",
                payload='{"signal": "body_weight", "value": 71.4, "unit": "kg"}',
                expect="It stands on her page within seconds",
            ),
        )
    )
    port = free_port()
    config = uvicorn.Config(app, port=port, log_level="error", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield Site(gateway, app, f"http://127.0.0.1:{port}", server)
    gateway.bulletin.close()
    server.should_exit = True
    thread.join()
    gateway.close()


@pytest.fixture
def site(tmp_path):
    yield from _serve(tmp_path)


@pytest.fixture(scope="session")
def looked_at(tmp_path_factory):
    """One site for tests that only look."""
    yield from _serve(tmp_path_factory.mktemp("site"))


class Person:
    """Somebody at a browser; what the browser complains of is kept."""

    def __init__(self, chromium, site, login, *, width=360, workers="block", **options):
        self.site = site
        self.context = chromium.new_context(
            viewport={"width": width, "height": 740}, service_workers=workers, **options
        )
        self.context.set_default_timeout(15_000)
        self.complaints: list[str] = []
        self.page = self.context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        if login:
            self.page.goto(site.link(login))
            self.page.wait_for_url(lambda url: "signin" not in url)

    def _hear(self, message):
        if message.type == "error" or "Content Security Policy" in message.text:
            self.complaints.append(message.text)

    def open(self, path):
        self.page.goto(self.site.url + path)
        return self.page


@pytest.fixture
def person(chromium):
    """Somebody signed in, by site and login."""
    made = []

    def make(site, login, **options):
        one = Person(chromium, site, login, **options)
        made.append(one)
        return one

    yield make
    for one in made:
        one.context.close()
