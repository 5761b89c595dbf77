"""The publisher's ledger of acknowledgements against what the gateway kept."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from harness import SITE, Bench

from devices.dialects.head import peek
from gateway.clock import SystemClock
from gateway.db import open_journal
from gateway.intake.journal import Journal
from gateway.intake.keyring import Keyring
from gateway.series import open_store
from gateway.series.store import Query


@dataclass
class Found:
    """What the audit found. The gateway must not run meanwhile."""

    lost: int  # acknowledged, and not in the journal, or not all of it in the store
    doubled: int  # twice in the journal or in the store
    readings: int  # in the store
    store_bytes: int
    messages: int  # in the journal


Identity = tuple[str, int]  # site/home/device, seq


def journalled(made: Bench) -> dict[int, Identity]:
    """Each journal row's identity, by offset."""
    engine = open_journal(made.settings.journal_file)
    journal = Journal(engine, SystemClock(), Keyring(made.settings.key_folder))
    rows: dict[int, Identity] = {}
    after = 0
    while page := journal.read(after, 5_000):
        for row in page:
            parts = row.topic.split("/")
            rows[row.offset] = ("/".join(parts[2:5]), peek(row.payload).seq or 0)
        after = page[-1].offset
    engine.dispose()
    return rows


def audit(made: Bench, runs: list[tuple[dict[str, Any], int]]) -> Found:
    """`runs`: each publisher's result with its ledger, and how many readings a message held."""
    rows = journalled(made)
    times = Counter(rows.values())
    store = open_store(made.settings)
    try:
        columns = store.read(Query(SITE))
        held = Counter(columns.offset.tolist())
        pairs = columns.offset.astype(np.int64) * 1_000 + columns.index
        twice = len(pairs) - len(np.unique(pairs))
    finally:
        store.close()
    in_store: Counter[Identity] = Counter()
    for offset, identity in rows.items():
        in_store[identity] += held.get(offset, 0)
    lost = doubled = 0
    for result, readings in runs:
        for line in Path(result["ledger"]).read_text(encoding="ascii").splitlines():
            device, _, seq = line.rpartition(" ")
            identity = (device, int(seq))
            lost += times[identity] == 0 or in_store[identity] < readings
            doubled += times[identity] > 1 or in_store[identity] > readings
    size = sum(file.stat().st_size for file in made.folder.rglob("*.duckdb*"))
    return Found(lost, doubled + twice, len(columns), size, len(rows))
