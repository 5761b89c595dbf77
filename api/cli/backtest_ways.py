"""Where a back-test is computed: by the running gateway, over a data folder, over a recording."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.cli import client
from devices.errors import Failed, Refused

if TYPE_CHECKING:
    from gateway.config import Settings
    from reviews.backtests import Question

LOOK_S = 0.3


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked on the command line, whichever way it is answered."""

    since: str | None  # as typed: a day or a moment, site's time
    until: str | None
    texts: list[str]  # of the rule files
    others: list[str]  # that they are held against
    numbers: dict[str, str]  # or the same rules with these
    told: Callable[[float], None]  # hears of progress: a share of 1

    def question(self, site: str, start: int, end: int) -> "Question":
        """The same, of one site and time."""
        from reviews.backtests import Question

        return Question(
            site, start, end, tuple(self.texts), tuple(self.others), self.numbers or None
        )


def by_gateway(settings: "Settings", site: str, wish: Wish) -> dict[str, Any]:
    """The running gateway does it, in a process of its own, and keeps the report."""
    from api.cli.databases import state
    from gateway.access import Role
    from gateway.clock import SystemClock
    from gateway.registry import Registry

    clock = SystemClock()
    caller = client.speaking(settings.data, "back-test rules", Role.NURSE)
    with state(settings) as engine:
        sites = Registry(engine, clock).directory.sites
    name = one_site(site, sites)
    start, end = _times(name, sites, wish)
    body: dict[str, Any] = {"site": name, "from": start, "rules": wish.texts}
    body |= {"against": wish.others, "set": wish.numbers} | ({"to": end} if end is not None else {})
    asked = caller.post("/api/v1/backtests", body)
    while asked["state"] in ("queued", "running"):
        wish.told(asked["progress"] / 100)
        time.sleep(LOOK_S)
        asked = caller.get(f"/api/v1/backtests/{asked['id']}")
    if asked["state"] != "done":
        raise Failed("back-test rules", site, str(asked["problem"]), "homecare doctor")
    keys = ("id", "snapshot", "engine")
    return {**{key: asked[key] for key in keys}, **asked["result"]}


def by_folder(settings: "Settings", site: str, wish: Wish) -> dict[str, Any]:
    """No gateway runs: the data folder itself is read."""
    from api.cli.databases import state
    from api.cli.following import watermarks
    from gateway.clock import SystemClock
    from gateway.db import reading
    from gateway.registry import Registry
    from gateway.series import open_store
    from reviews.backtests import task_of

    clock = SystemClock()
    with state(settings) as engine:
        directory = Registry(engine, clock).directory
        name = one_site(site, directory.sites)
        start, end = _times(name, directory.sites, wish)
        now = watermarks(engine).get(name, clock.now())
        end = now if end is None else min(end, now)
        question = wish.question(name, start, end)
        with reading(engine) as conn:
            task = task_of(conn, directory, question, settings.watch.silence_factor)
    with tempfile.TemporaryDirectory(prefix="homecare-backtest-") as folder:
        path = Path(folder) / "history.sealed"
        store = open_store(settings)
        try:
            digest = store.seal(name, start - task.lookback_ms, end + 1, path)
        finally:
            store.close()
        return fold(path, digest, task, wish.told)


def fold(path: Path, digest: str, task: Any, told: "Callable[[float], None]") -> dict[str, Any]:
    """The report of a task over a sealed history, in this process."""
    from gateway.series.sealed import Sealed
    from gateway.watch.compiling import kernel
    from reviews import backtests
    from reviews.engine import fingerprint
    from reviews.pasts import Past

    report = backtests.run(Past(Sealed(path, digest), kernel()), task, told)
    return {"snapshot": digest, "engine": fingerprint(), **report}


def one_site(site: str, sites: Any) -> str:
    if site:
        return site
    if len(sites) == 1:
        return str(next(iter(sites)))
    known = ", ".join(sorted(sites)) or "none"
    raise Refused("back-test rules", "--site", "no site is named", f"Known here: {known}")


def _times(site: str, sites: Any, wish: Wish) -> tuple[int, int | None]:
    from rules.errors import nearest

    if site not in sites:
        hint = nearest(site, sites)
        raise Refused("back-test rules", site[:64], "no such site", hint)
    zone = sites[site].zone
    return (
        1 if wish.since is None else max(_moment(wish.since, zone), 1),
        None if wish.until is None else _moment(wish.until, zone),
    )


def _moment(text: str, zone: str) -> int:
    """A day is its first moment there."""
    from api.moments import read_moment

    return read_moment(text if ":" in text or text.isdigit() else f"{text} 00:00", zone)


def by_recording(folder: Path, wish: Wish) -> dict[str, Any]:
    """Over a recorded data set: TIHM's folder."""
    from api.cli.recorded.sealed import sealed_recording
    from simulators.recorded.tihm import ZONE

    first = None if wish.since is None else _moment(wish.since, ZONE)
    last = None if wish.until is None else _moment(wish.until, ZONE)

    def asked(site: str, start: int, end: int) -> "Question":
        start = start if first is None else max(start, first)
        end = end if last is None else min(end, last)
        return wish.question(site, start, end)

    with tempfile.TemporaryDirectory(prefix="homecare-backtest-") as place:
        path, digest, task = sealed_recording(folder, Path(place), asked)
        report = fold(path, digest, task, wish.told)
    for line in (*report["episodes"], *(o for d in report["difference"] for o in _spans(d))):
        del line["why"]  # no gateway has this recording: the link would lead nowhere
    return report


def _spans(difference: dict[str, Any]) -> list[dict[str, Any]]:
    return [*difference["new"], *difference["gone"], *difference["moved"]]
