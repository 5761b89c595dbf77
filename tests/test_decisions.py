"""The list of decisions is the folder, in order, each under its own title."""

import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "adr"
LINE = re.compile(r"^\| \[(\d{4})\]\((\S+)\) \| (.+) \|$", re.MULTILINE)


def test_every_decision_is_listed_under_its_title() -> None:
    listed = LINE.findall((FOLDER / "README.md").read_text(encoding="utf-8"))
    files = sorted(file for file in FOLDER.glob("*.md") if file.name != "README.md")
    titles = [
        re.match(r"# (\d+)\. (.+)\n", file.read_text(encoding="utf-8")).groups() for file in files
    ]
    assert listed == [
        (f"{int(number):04}", file.name, title)
        for file, (number, title) in zip(files, titles, strict=True)
    ]


def test_every_decision_says_how_it_stands_and_why() -> None:
    for file in FOLDER.glob("0*.md"):
        text = file.read_text(encoding="utf-8")
        assert re.search(r"^Status: \w+", text, re.MULTILINE), file.name
        assert "\n## Context\n" in text, file.name
