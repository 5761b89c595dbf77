"""How often the disk is asked to be sure, for each message: what limits a durable broker.

    python bench/fsyncs.py [--quick] [--fast]

strace counts, at broker and gateway, while 200 messages a second come, so that commits group as
they do on a busy day. It needs strace and the right to trace. The last line is JSON:

    durable                  whether the broker syncs what it acknowledges (`--fast`: it does not)
    messages, per_s          acknowledged to the publisher while strace counted
    resent                   sent twice, because the broker was too slow: then it counts too many
    broker, gateway          fsync and fdatasync calls of each for a message
    files                    the same by file; what is less than one in 200 messages is left out
    disk_p50_ms, disk_p99_ms one fdatasync of 200 bytes on this disk, with nothing beside it
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

from harness import Load, bench, say, wait

RATE = 200  # messages a second: what a broker under strace still takes
TRIES = 500  # of the disk alone
SETTLE_S = 1.0
CALL = re.compile(r"f(?:data)?sync\(\d+<([^>]*)>")
RARE = 1 / 200


class Tracer:
    """strace on one process and its threads, from now until `stop`."""

    def __init__(self, pid: int, report: Path) -> None:
        self._report = report
        self._process = subprocess.Popen(
            ["strace", "-f", "-qq", "-y", "-e", "trace=fsync,fdatasync", "-e", "signal=none",
             "-o", str(report), "-p", str(pid)],
            stderr=subprocess.PIPE,
        )  # fmt: skip
        time.sleep(SETTLE_S)
        if self._process.poll() is not None:
            assert self._process.stderr is not None
            problem = self._process.stderr.read().decode(errors="replace").strip()
            raise SystemExit(f"strace may not trace process {pid}: {problem}")

    def stop(self) -> Counter[str]:
        """How often each file was synced."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(20)
        return Counter(CALL.findall(self._report.read_text(errors="replace")))


def disk(folder: Path) -> tuple[float, float]:
    """Milliseconds that one small fdatasync takes: median, and the slowest of a hundred."""
    took = []
    with (folder / "disk").open("wb", buffering=0) as file:
        for _ in range(TRIES):
            began = time.perf_counter()
            file.write(bytes(200))
            os.fdatasync(file.fileno())
            took.append((time.perf_counter() - began) * 1000)
    took.sort()
    return round(took[TRIES // 2], 2), round(took[TRIES * 99 // 100], 2)


def count(seconds: float, *, durable: bool) -> dict[str, Any]:
    with bench(durable=durable) as made:
        out: dict[str, Any] = {"durable": durable}
        out["disk_p50_ms"], out["disk_p99_ms"] = disk(made.folder)
        made.start_gateway()
        say(f"strace counts for {seconds:.0f} s at {RATE} messages/s")
        tracers = {
            "broker": Tracer(made.broker.pid, made.folder / "strace-broker"),
            "gateway": Tracer(made.pid, made.folder / "strace-gateway"),
        }
        load = Load(made, 20, seconds=seconds, rate=RATE, patient=True)
        result = load.result()
        messages = max(1, result["acknowledged"])
        if not wait(lambda: made.journalled() >= messages, 60):
            say("  not everything came out at the other end")
        out["messages"] = messages
        out["resent"] = result["resent"]
        out["per_s"] = round(messages / result["seconds"])
        files: Counter[str] = Counter()
        for name, tracer in tracers.items():
            synced = tracer.stop()
            out[name] = round(synced.total() / messages, 3)
            for path, calls in synced.items():
                files[f"{name}: {_short(path, made.folder)}"] += calls
        out["files"] = {
            name: round(calls / messages, 3)
            for name, calls in files.most_common()
            if calls >= RARE * messages
        }
        return out


def _short(path: str, folder: Path) -> str:
    """Without the bench's folder; a broker's numbered block is any of them."""
    return re.sub(r"\d+\.blk", "N.blk", path.removeprefix(f"{folder}/"))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--quick", action="store_true", help="within 30 seconds, less sure")
    options.add_argument("--fast", action="store_true", help="the broker's fast setting")
    given = options.parse_args()
    if shutil.which("strace") is None:
        raise SystemExit("strace is not installed: apt-get install strace")
    print(json.dumps(count(5 if given.quick else 30, durable=not given.fast)))


if __name__ == "__main__":
    main()
