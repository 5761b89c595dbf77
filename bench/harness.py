"""A whole gateway to measure: broker, gateway process, registry, rules, and a load beside them.

Everything runs as it would in earnest: the broker with its users and rights, the gateway as a
process of its own that serves pages, the registry imported from a file, every starter rule live.
"""

import contextlib
import json
import mmap
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

from publishing import Hub, Plan  # noqa: E402  # the path above

from api.cli import runtime  # noqa: E402
from gateway.access import SYSTEM, Role, tokens  # noqa: E402
from gateway.clock import SystemClock  # noqa: E402
from gateway.config import Settings, load  # noqa: E402
from gateway.db import migrate, open_state, writing  # noqa: E402
from gateway.intake.broker import EmbeddedBroker  # noqa: E402
from gateway.mqtt import Publisher  # noqa: E402
from gateway.registry import Registry, importing  # noqa: E402
from gateway.rulebook import install_starter  # noqa: E402
from rules.file.language import parse_rule  # noqa: E402
from rules.packs import starter_rules  # noqa: E402
from tests.parts import free_port  # noqa: E402

SITE = "bench"
SINCE = "2025-01-01"
METERS = 3  # devices of a loaded home that carry the load


def say(text: str) -> None:
    """Progress, so that nobody wonders."""
    print(text, file=sys.stderr, flush=True)


def registry_text(loaded: int, calling: int) -> str:
    """`loaded` homes that carry the load, `calling` homes with a button and a cuff."""
    lines = [
        "sites:", f"  - id: {SITE}", "    name: Bench", "    zone: Europe/Dublin",
        "    languages: [en]", '    emergency: ["112"]', '    fallback_phone: "+353740000000"',
        "    homes:",
    ]  # fmt: skip
    homes = [(f"load-{n}", [f"meter-{k}" for k in range(METERS)]) for n in range(loaded)]
    homes += [(f"call-{n}", ["button", "cuff"]) for n in range(calling)]
    for home, devices in homes:
        lines += [
            f"      - id: {home}", f"        label: {home}", "        residents:",
            f"          - id: r-{home}", "            name: Nobody", f"            since: {SINCE}",
            f"            consent: {SINCE}", "        devices:",
        ]  # fmt: skip
        for device in devices:
            lines += [
                f"          - id: {device}", "            dialect: homecare",
                "            hub: hub", f"            owner: r-{home}",
                f"            since: {SINCE}",
            ]  # fmt: skip
    return "\n".join(lines) + "\n"


class Bench:
    """One data folder with everything on it."""

    def __init__(
        self,
        folder: Path,
        *,
        durable: bool,
        loaded: int = 40,
        calling: int = 200,
        rules: Sequence[str] = (),
        **settings: Any,
    ) -> None:
        self.folder, self.clock = folder, SystemClock()
        self.settings: Settings = load(
            None,
            data=folder,
            broker={"port": 0, "durable": durable},
            web={"port": free_port()},
            log={"level": "info"},
            **settings,
        )
        self._engine = open_state(self.settings.state_place)
        migrate(self._engine, "state")
        registry = Registry(self._engine, self.clock)
        now = self.clock.now()
        plan = importing.plan(registry_text(loaded, calling), "bench.yaml", registry.directory, now)
        if plan.problems:
            raise SystemExit(f"the bench's registry: {plan.problems[0]}")
        with writing(self._engine) as conn:
            made = importing.apply(conn, plan, SYSTEM, now)
            own = [parse_rule(text) for text in rules]
            install_starter(conn, SITE, [*starter_rules(), *own], now)
            self.token = tokens.issue(conn, SYSTEM, "bench", [(SITE, Role.CARER)], now)
        registry.reload()
        self.calling = calling
        self.passwords = {one.login: one.password for one in made}
        self.broker = EmbeddedBroker(self.settings, registry.credentials, self.clock)
        self._gateway: subprocess.Popen[bytes] | None = None
        self._log = (folder / "gateway.log").open("ab")

    def hubs(self, count: int) -> list[Hub]:
        """Connections of loaded homes."""
        return [
            Hub(
                login,
                self.passwords[login],
                [f"{SITE}/load-{n}/meter-{k}" for k in range(METERS)],
            )
            for n in range(count)
            for login in self.passwords
            if f".load-{n}." in login
        ]

    def hub(self) -> Publisher:
        """A connection that may publish for every home, as a site's one big hub would."""
        return Publisher(self.broker.endpoint.gateway(), f"bench-{time.time_ns()}")

    # -- the gateway

    def start_gateway(self, *, alone: bool = False) -> None:
        """And wait until it takes in. `alone`: only intake and journal."""
        module = ["bench/intake_alone.py"] if alone else ["-m", "api.cli.gateway"]
        self._gateway = subprocess.Popen(
            [sys.executable, *module], stdin=subprocess.PIPE, stdout=self._log, stderr=self._log,
            cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert self._gateway.stdin is not None
        self._gateway.stdin.write(self.settings.model_dump_json().encode())
        self._gateway.stdin.close()
        if alone:
            wait((self.folder / "ready").exists, 60)
        else:
            wait(lambda: runtime.read(self.folder) is not None and self._answers(), 60)

    def settle_in(self) -> None:
        """Wait until the rules run compiled, as they do all day: it takes seconds, the first time
        in an installation most of a minute.
        """
        done = ("rules_compiled", "rules_not_compiled")
        log = self.folder / "gateway.log"

        def told() -> bool:
            return any(one in log.read_text(errors="replace") for one in done)

        if not wait(told, 10):
            say("the rules are compiled first, once an installation")
            wait(told, 300, 0.5)

    def _answers(self) -> bool:
        assert self._gateway is not None
        if self._gateway.poll() is not None:
            tail = (self.folder / "gateway.log").read_text(errors="replace")[-2_000:]
            raise SystemExit(f"the gateway ended with {self._gateway.returncode}\n{tail}")
        with contextlib.suppress(OSError):
            return self.metrics()["broker_connected"] == 1
        return False

    @property
    def pid(self) -> int:
        assert self._gateway is not None
        return self._gateway.pid

    def stop_gateway(self, number: int = signal.SIGTERM) -> int:
        """In good order, or with SIGKILL; its exit code."""
        assert self._gateway is not None
        self._gateway.send_signal(number)
        return self._gateway.wait(60)

    def stop(self) -> None:
        if self._gateway is not None and self._gateway.poll() is None:
            self.stop_gateway()
        self.broker.stop()
        self._engine.dispose()
        self._log.close()

    # -- looking

    def metrics(self) -> dict[str, float]:
        """Numbers of the gateway's own /metrics, without their prefix."""
        found = runtime.read(self.folder)
        if found is None:
            raise ConnectionError("the gateway does not run")
        request = Request(
            f"{found.url}/metrics", headers={"Authorization": f"Bearer {found.token}"}
        )
        with urlopen(request, timeout=10) as answer:
            text = answer.read().decode()
        lines = (line.split() for line in text.splitlines() if line.startswith("homecare_"))
        return {name.removeprefix("homecare_"): float(value) for name, value in lines}

    def ask(self, path: str) -> Any:
        """JSON of the API, as the bench's carer."""
        request = Request(
            f"http://127.0.0.1:{self.settings.web.port}{path}",
            headers={"Authorization": f"Bearer {self.token}"},
        )
        with urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def journalled(self) -> int:
        """Newest offset in the journal's file, without troubling the gateway."""
        with contextlib.closing(sqlite3.connect(self.settings.journal_file, timeout=10)) as file:
            return int(file.execute("SELECT coalesce(max(offset), 0) FROM journal").fetchone()[0])

    def stored(self) -> int:
        """Offset up to which rules and store both have consumed."""
        found = self.metrics()
        return int(found["journal_offset"] - max(found["journal_lag"], found["store_lag"]))

    def rss_mb(self) -> float:
        return memory_mb(self.pid)


@contextlib.contextmanager
def bench(*, durable: bool, **fields: Any) -> Iterator[Bench]:
    """A bench in a folder of its own, with its broker; all gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="homecare-bench-") as folder:
        made = Bench(Path(folder), durable=durable, **fields)
        made.broker.start()
        try:
            yield made
        finally:
            made.stop()


class Load:
    """A publisher in a process of its own, held to a credit by what has come out at the end."""

    def __init__(self, bench: Bench, hubs: int, **plan: Any) -> None:
        self.bench = bench
        self.ledger = bench.folder / f"ledger-{time.time_ns()}"
        self._credit_file = bench.folder / "credit"
        self._credit_file.write_bytes(bytes(8))
        self.credited = plan.pop("credited", False)
        ahead = plan.pop("ahead", 20_000)
        made = Plan(
            port=bench.broker.port,
            hubs=bench.hubs(hubs),
            ledger=str(self.ledger),
            credit=str(self._credit_file) if self.credited else None,
            **plan,
        )
        with self._credit_file.open("r+b") as handle:
            self._credit = mmap.mmap(handle.fileno(), 8)
        self.grant(ahead)
        self._process = subprocess.Popen(
            [sys.executable, str(ROOT / "bench" / "publishing.py"), json.dumps(asdict(made))],
            stdout=subprocess.PIPE,
        )

    def grant(self, messages: int) -> None:
        """So many may have been sent by now."""
        self._credit[:8] = messages.to_bytes(8, "little")

    def stop(self) -> None:
        """Publish no more; what is on its way is waited for."""
        self._process.send_signal(signal.SIGTERM)

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def result(self) -> dict[str, Any]:
        out, _ = self._process.communicate()
        if self._process.returncode:
            log = (self.bench.folder / "broker" / "nats.log").read_text().splitlines()[-5:]
            raise SystemExit("\n".join(["the publisher failed; the broker's log ends:", *log]))
        found: dict[str, Any] = json.loads(out)
        return found


def wait(condition: Callable[[], bool], seconds: float, pause: float = 0.05) -> bool:
    """Whether it came about in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(pause)
    return condition()


def memory_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


class Stream:
    """The event stream as a carer's page hears it: when each alert's event came."""

    def __init__(self, bench: Bench) -> None:
        self._request = Request(
            f"http://127.0.0.1:{bench.settings.web.port}/events",
            headers={"Authorization": f"Bearer {bench.token}"},
        )
        self.heard: list[tuple[float, dict[str, Any]]] = []
        self._answer = urlopen(self._request, timeout=60)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        kind = ""
        with contextlib.suppress(OSError, ValueError, AttributeError):
            for raw in self._answer:
                line = raw.decode().strip()
                if line.startswith("event:"):
                    kind = line[6:].strip()
                elif line.startswith("data:") and kind == "alert":
                    self.heard.append((time.time(), json.loads(line[5:])))

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._answer.close()
