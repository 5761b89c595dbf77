"""The child process of a replay: low priority, capped memory, JSON in and JSON lines out.

    python -m reviews.child < job.json

It opens one sealed file and nothing else; it has no database, no store and no network.
"""

import json
import os
import resource
import sys
from pathlib import Path
from typing import Any

from devices.errors import HomecareError
from gateway.series.sealed import Sealed
from reviews import backtests
from reviews.backtests import Task
from reviews.compiling import kernel
from reviews.engine import fingerprint
from reviews.job import Job
from reviews.pasts import Past
from reviews.replaying import answer

NICENESS = 10


def main() -> int:
    """Progress, then the result or what was refused. Exit status 0 also for a refusal."""
    raw = json.loads(sys.stdin.buffer.read())
    os.nice(NICENESS)
    limit = int(raw["memory_mib"]) * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    try:
        _say(result=_run(raw), engine=fingerprint())
    except HomecareError as error:
        _say(problem=str(error))
    except MemoryError:
        _say(problem=f"the replay needed more than {raw['memory_mib']} MiB; choose fewer weeks")
    return 0


def _run(raw: dict[str, Any]) -> dict[str, Any]:
    """Of a review (`job`), or a back-test (`task`)."""
    past = Past(Sealed(Path(raw["snapshot"]), str(raw["sha256"])), kernel())

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
