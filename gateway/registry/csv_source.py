"""CSV → rows: one line a device, with the columns of its home and resident repeated.

An empty cell says nothing; a cell that contradicts an earlier line is a problem. Comma, semicolon
(what spreadsheets write in half of Europe) or tab, told from the first line.
"""

import csv
import io
from collections.abc import Iterator

from gateway.registry.fields import FIELDS, Kind
from gateway.registry.sources import MOST_ROWS, Cell, Raw, Sheet, unknown

KINDS: tuple[Kind, ...] = ("site", "home", "resident", "device")
PARENT: dict[Kind, Kind | None] = {
    "site": None,
    "home": "site",
    "resident": "home",
    "device": "home",
}
COLUMNS: dict[str, tuple[Kind, str]] = {
    found.column: (kind, found.key) for kind in KINDS for found in FIELDS[kind]
}
NEEDED = ("site", "home", "resident", "consent", "device")


def read_csv(text: str) -> Sheet:
    """The rows of a CSV file, or what is wrong with its shape."""
    sheet = Sheet()
    lines = _lines(sheet, text.removeprefix("\ufeff"))
    first = next(lines, None)
    if first is None:
        sheet.problem(1, f"the file is empty: begin with the columns {', '.join(NEEDED)}, …")
        return sheet
    header = [name.strip().casefold() for name in first[1]]
    if not _header_is_right(sheet, header):
        return sheet
    known: dict[tuple[Kind, tuple[str, ...]], Raw] = {}
    for line, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if len(sheet.rows) >= MOST_ROWS:
            sheet.problem(line, f"more than {MOST_ROWS} rows: split the file")
            break
        if len(cells) > len(header):
            sheet.problem(line, f"{len(cells)} cells under {len(header)} columns")
            continue
        _read_line(sheet, line, dict(zip(header, cells, strict=False)), known)
    return sheet


def _lines(sheet: Sheet, text: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line it begins on."""
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    try:
        for cells in reader:
            yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        sheet.problem(begins, f"this is not CSV: {error}")


def _header_is_right(sheet: Sheet, header: list[str]) -> bool:
    for name in dict.fromkeys(header):
        if name not in COLUMNS:
            sheet.problem(1, unknown("column", name, list(COLUMNS)))
        elif header.count(name) > 1:
            sheet.problem(1, f"column {name!r} stands twice")
    for name in NEEDED:
        if name not in header:
            hint = ": without consent no value is kept" if name == "consent" else ""
            sheet.problem(1, f"column {name!r} is missing{hint}")
    return not sheet.problems


def _read_line(
    sheet: Sheet,
    line: int,
    cells: dict[str, str],
    known: dict[tuple[Kind, tuple[str, ...]], Raw],
) -> None:
    here: dict[Kind, Raw] = {}
    for kind in KINDS:
        given = {
            key: Cell(cells[column], line)
            for column, (of, key) in COLUMNS.items()
            if of == kind and cells.get(column, "").strip()
        }
        parent = here.get(PARENT[kind]) if PARENT[kind] else None  # type: ignore[arg-type] # not None
        if "id" not in given:
            if given:
                column = next(
                    name for name, (of, key) in COLUMNS.items() if (of, key) == (kind, "id")
                )
                sheet.problem(line, f"{', '.join(given)} of a {kind}, but {column!r} is empty")
            elif kind in ("site", "home"):
                sheet.problem(line, f"{kind!r} is empty")
            continue
        if PARENT[kind] and parent is None:
            continue  # the missing home or site is told already
        raw = Raw(kind, line, given, parent)
        before = known.get((kind, raw.path()))
        if before is None:
            known[kind, raw.path()] = here[kind] = raw
            sheet.rows.append(raw)
        elif kind == "device":
            sheet.problem(line, f"device {raw.id()!r} stands twice; first on line {before.line}")
        else:
            here[kind] = before
            _merge(sheet, before, raw)


def _merge(sheet: Sheet, before: Raw, raw: Raw) -> None:
    """The same home or resident again: empty cells say nothing, others must agree."""
    for key, cell in raw.cells.items():
        earlier = before.cells.setdefault(key, cell)
        if str(earlier.text).strip() != str(cell.text).strip():
            sheet.problem(
                cell.line,
                f"{key} of {raw.kind} {raw.id()!r} is {str(cell.text).strip()!r} here and "
                f"{str(earlier.text).strip()!r} on line {earlier.line}",
            )
