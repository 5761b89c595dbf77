"""The example of the developers' guide runs as it stands there."""

import re
from pathlib import Path

from simulators.actions import Publish

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "developers" / "README.md"


def test_the_guides_example_runs() -> None:
    (code,) = re.findall(r"```python\n(.+?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(code, str(GUIDE), "exec"), names)
    actions = names["actions"]
    assert isinstance(actions, list)
    assert sum(isinstance(action, Publish) for action in actions) > 1_000
