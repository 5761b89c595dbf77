"""An intake alone, on a data folder that a test has prepared: `python -m … FOLDER`."""

import json
import signal
import sys
import threading
from pathlib import Path

from gateway import log
from gateway.clock import SystemClock
from gateway.config import load
from gateway.db import journal_metadata, open_journal, open_state
from gateway.intake.run import Intake, open_journal_of
from gateway.registry import Registry


def main() -> None:
    folder = Path(sys.argv[1])
    log.configure("info", "text", sys.stderr)
    settings = load(None, **json.loads((folder / "settings.json").read_text()), data=folder)
    clock = SystemClock()
    registry = Registry(open_state(folder / "state.db"), clock)
    engine = open_journal(folder / "journal.db")
    journal_metadata.create_all(engine)
    journal, _ = open_journal_of(settings, engine, clock, registry)
    intake = Intake(settings, journal, clock, registry=registry)
    end = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: end.set())
    intake.start()
    while not intake.status().connected and not end.wait(0.02):
        pass
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    end.wait()
    intake.stop()


if __name__ == "__main__":
    main()
