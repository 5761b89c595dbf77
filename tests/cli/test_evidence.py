"""The evidence page is the one that its command writes: same scenarios, same form, no date."""

import re
from pathlib import Path

from simulators.scenarios.course import courses

PAGE = Path(__file__).resolve().parents[2] / "docs" / "evidence.md"


def test_the_page_has_every_scenario_and_says_how_it_is_written() -> None:
    text = PAGE.read_text(encoding="utf-8")
    table = re.findall(r"^\| ([a-z-]+) \| \d+ \|", text, re.MULTILINE)
    assert table == [course.name for course in courses()], "write docs/evidence.md anew"
    assert "homecare simulate score starter --against library" in text
    assert not re.search(r"\b20\d\d-\d\d-\d\d\b", text)
