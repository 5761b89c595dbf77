"""Only intake and journal, to see what they alone can take: settings come on standard input."""

import json
import signal
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from gateway.clock import SystemClock
from gateway.config import Settings
from gateway.db import migrate, open_journal, open_state
from gateway.intake.run import Intake, open_journal_of
from gateway.registry import Registry


def main() -> None:
    settings = Settings(**json.load(sys.stdin))
    clock = SystemClock()
    registry = Registry(open_state(settings.state_place), clock)
    engine = open_journal(settings.journal_file)
    migrate(engine, "journal")
    journal, seals = open_journal_of(settings, engine, clock, registry)
    intake = Intake(settings, journal, clock, registry=registry, seals=seals)
    end = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: end.set())
    intake.start()
    while not intake.status().connected and not end.wait(0.02):
        pass
    (settings.data / "ready").touch()
    end.wait()
    intake.stop()


if __name__ == "__main__":
    main()
