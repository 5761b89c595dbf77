"""How many simulated homes live at real time beside a gateway on this machine.

    python bench/live_homes.py [--quick] [--homes N] [--seconds S]

Each hub is a connection of its own with its own credential, as with `homecare simulate live`; the
gateway is a whole one. `--quick` asks for 200 homes and takes 20 s, otherwise it is 1,000 and a
minute. The last line is JSON:

    homes, connected, connected_s   asked for, connected, and seconds until all were
    messages, messages_per_s        what they said meanwhile
    acknowledged, lost, refused     of the broker; what fell out of a full buffer; turned away
    delay_ms_p95                    from a hub's word to the broker's acknowledgement
    behind_s, lag_s                 of the simulated clock against real time
    cpu_share                       of one core, for the simulator alone
    holds                           all connected, nothing lost, in time; else the exit code is 1
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from api.cli.simulate.live_measure import measure
from devices.errors import HomecareError


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--quick", action="store_true", help="200 homes for 10 s")
    options.add_argument("--homes", type=int, help="how many")
    options.add_argument("--seconds", type=float, help="for how long they are measured")
    given = options.parse_args()
    homes = given.homes or (200 if given.quick else 1_000)
    seconds = given.seconds or (10.0 if given.quick else 60.0)
    print(f"{homes} homes for {seconds:.0f} s; they connect first", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(prefix="homecare-bench-") as folder:
        try:
            found = measure(homes, seconds, Path(folder) / "data")
        except HomecareError as error:
            raise SystemExit(str(error)) from error
    print(json.dumps(found))
    sys.exit(0 if found["holds"] else 1)


if __name__ == "__main__":
    main()
