"""The outcome of a replay does not depend on its speed.

    python bench/tihm_speeds.py [--folder ../shared/data/tihm] [--days N] [--quick]

Plays TIHM three times through the real broker: at 1,000 times life, as fast as it goes with the
homes in an order of chance, and so again while the gateway is stopped for seconds (SIGSTOP) and
killed (SIGKILL) in between. Then compares the digests of all episodes. Last line JSON.

1,000 times life takes two hours for the three months; --quick plays ten days of four homes.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from api.cli import runtime

HOMES, DAYS = 4, 10
MOST_KILLS = 3  # the supervisor waits longer after each


def main() -> None:
    """All three, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("../shared/data/tihm"))
    parser.add_argument("--data", type=Path, default=Path("data/replay-speeds"))
    parser.add_argument("--quick", action="store_true", help="ten days of four homes")
    parser.add_argument("--homes", type=int, help="only so many homes")
    parser.add_argument("--days", type=int, help="only so many days")
    parser.add_argument("--speed", type=int, help="times life, of the slow run")
    given = parser.parse_args()
    homes = given.homes or (HOMES if given.quick else None)
    days = given.days or (DAYS if given.quick else None)
    part = [] if homes is None else ["--homes", str(homes)]
    part += [] if days is None else ["--days", str(days)]
    speed = str(given.speed or (100_000 if given.quick else 1_000))
    runs = {
        f"{speed} times life": [*part, "--speed", speed],
        "unbounded, homes shuffled": [*part, "--shuffle", "7"],
        "gateway stopped and killed": [*part, "--shuffle", "8"],
    }
    told: dict[str, dict[str, Any]] = {}
    for name, options in runs.items():
        print(f"{name} …", flush=True)
        told[name] = play(given.folder, given.data, options, disturb="killed" in name)
        print(f"  {told[name]['digest']}  {told[name]['seconds']:.0f} s", flush=True)
    outcomes = list(told.values())
    same = all(
        outcome[key] == outcomes[0][key]
        for outcome in outcomes
        for key in (
            "digest",
            "readings",
            "stored",
            "journalled",
            "alerts",
            "occurrences",
            "technical",
        )
    )
    print(
        json.dumps(
            {
                "identical": same,
                "digest": outcomes[0]["digest"],
                "seconds": {name: round(outcome["seconds"]) for name, outcome in told.items()},
                "disturbed": told["gateway stopped and killed"]["disturbed"],
                "readings": outcomes[0]["readings"],
                "stored": [outcome["stored"] for outcome in outcomes],
                "occurrences": outcomes[0]["occurrences"],
            }
        )
    )
    raise SystemExit(0 if same else 1)


def play(folder: Path, data: Path, options: list[str], *, disturb: bool) -> dict[str, Any]:
    """One replay in a process of its own; its JSON."""
    command = [sys.executable, "-m", "api.cli.main", "replay", str(folder), "--json"]
    process = subprocess.Popen([*command, "--data", str(data), *options], stdout=subprocess.PIPE)
    over = threading.Event()
    every = 1.0 if "--days" in options else 4.0
    done: dict[str, int] = {"stopped": 0, "killed": 0}
    thread = threading.Thread(target=disturbance, args=(data, over, done, every), daemon=True)
    if disturb:
        thread.start()
    out, _ = process.communicate()
    over.set()
    if disturb:
        thread.join()
    if process.returncode:
        raise SystemExit(f"the replay ended with code {process.returncode}")
    return {**json.loads(out), "disturbed": done}


def disturbance(data: Path, over: threading.Event, done: dict[str, int], every: float) -> None:
    """By turns: killed, stopped for a while. The supervisor starts a killed one again."""
    while not over.wait(every):
        found = runtime.read(data)
        if found is None:
            continue
        try:
            if done["stopped"] < done["killed"] or done["killed"] == MOST_KILLS:
                os.kill(found.pid, signal.SIGSTOP)
                time.sleep(every)
                os.kill(found.pid, signal.SIGCONT)
                done["stopped"] += 1
            else:
                os.kill(found.pid, signal.SIGKILL)
                done["killed"] += 1
        except ProcessLookupError:
            continue


if __name__ == "__main__":
    main()
