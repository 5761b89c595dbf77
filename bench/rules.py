"""What the rules engine costs: live, reading by reading, and over a whole pilot's past.

    python bench/rules.py [--quick] [--live | --backtest]

The last line is JSON. `rules_live.py` and `rules_backtest.py` say what each figure is.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))  # beside this file, `rules` is this file

from bench import rules_backtest, rules_live


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="within 50 s")
    parser.add_argument("--live", action="store_true", help="only the live half")
    parser.add_argument("--backtest", action="store_true", help="only the back-test half")
    given = parser.parse_args()
    told: dict[str, Any] = {}
    if not given.backtest:
        told |= rules_live.figures(quick=given.quick)
    if not given.live:
        told |= rules_backtest.measure(quick=given.quick)
    print(json.dumps(told))


if __name__ == "__main__":
    main()
