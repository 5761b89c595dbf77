"""The child process of replays: low priority, capped memory, JSON lines in and out.

    python -m reviews.child < questions

It opens sealed files and nothing else; it has no database, no store and no network. It answers one
question a line until its input ends, and keeps the last history open, so that the next number that
somebody tries is answered at once.
"""

import json
import os
import resource
import sys
from pathlib import Path
from typing import Any

from devices.errors import HomecareError
from gateway.series.sealed import Sealed
from gateway.watch.compiling import kernel
from reviews import backtests
from reviews.backtests import Task
from reviews.engine import fingerprint
from reviews.job import Job
from reviews.pasts import Past
from reviews.replaying import answer

NICENESS = 10


def main() -> int:
    """Progress, then the result or what was refused. Exit status 0 also for a refusal."""
    os.nice(NICENESS)
    kept = _Kept()
    for line in sys.stdin.buffer:
        raw = json.loads(line)
        limit = int(raw["memory_mib"]) * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
        try:
            _say(result=_run(raw, kept.past(raw)), engine=fingerprint())
        except HomecareError as error:
            _say(problem=str(error))
        except MemoryError:
            _say(problem=f"the replay needed more than {raw['memory_mib']} MiB; choose fewer weeks")
    return 0


class _Kept:
    """The history that was asked last."""

    def __init__(self) -> None:
        self._of: tuple[str, str] | None = None
        self._past: Past | None = None

    def past(self, raw: dict[str, Any]) -> Past:
        wanted = str(raw["snapshot"]), str(raw["sha256"])
        if self._past is None or self._of != wanted:
            self._past = Past(Sealed(Path(wanted[0]), wanted[1]), kernel())
            self._of = wanted
        return self._past


def _run(raw: dict[str, Any], past: Past) -> dict[str, Any]:
    """Of a review (`job`), or a back-test (`task`)."""

    def progress(share: float) -> None:
        _say(progress=round(100 * share))

    if "task" in raw:
        return backtests.run(past, Task.from_json(raw["task"]), progress)
    return answer(past, Job.from_json(raw["job"]), progress).to_json()


def _say(**words: Any) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
