"""What a user would write instead of the rules engine: window SQL, Polars, pandas.

Each is what stands in a tutorial: runs of readings below the limit that last long enough, days
without movement. The same rules over the same homes; what comes out is held against the engine.
"""

import importlib.util
import time
from collections.abc import Callable, Sequence
from typing import Any

import duckdb
import numpy as np

from bench import rules_past
from gateway.watch.compiling import kernel
from reviews.pasts import Past
from rules.compiled import Backtest, Item
from rules.plan import plan
from rules.rule import Rule

Onset = tuple[str, str, int]  # rule, home, ms
HOLD_MS, LIMIT = 5 * 60_000, 92

OXYGEN_SQL = """
WITH marked AS (
    SELECT home, "at", x, x < 92 AS low, lead("at") OVER w AS next,
        x < 92 AND coalesce(lag(x) OVER w >= 92, true) AS begins
    FROM readings WHERE signal = 'spo2' WINDOW w AS (PARTITION BY home ORDER BY "at")
), runs AS (
    SELECT *, sum(begins::INT) OVER (PARTITION BY home ORDER BY "at") AS run FROM marked
)
SELECT 'spo2-low', home, min("at") + 300000 FROM runs WHERE low
GROUP BY home, run HAVING max(coalesce(next, "at")) - min("at") >= 300000
"""
PRESSURE_SQL = """
SELECT 'blood-pressure-out-of-range', home, "at" FROM (
    SELECT *, lag(outside) OVER (PARTITION BY home, signal ORDER BY "at") AS before FROM (
        SELECT home, signal, "at", CASE signal WHEN 'systolic' THEN x > 180 OR x < 90
            ELSE x > 110 OR x < 50 END AS outside
        FROM readings WHERE signal IN ('systolic', 'diastolic'))
) WHERE outside AND NOT coalesce(before, false)
"""
MOVEMENT_SQL = """
WITH days AS (
    SELECT DISTINCT home, (to_timestamp("at" / 1000) AT TIME ZONE 'Europe/Helsinki')::DATE AS day
    FROM readings
), moved AS (
    SELECT DISTINCT home, (to_timestamp("at" / 1000) AT TIME ZONE 'Europe/Helsinki')::DATE AS day
    FROM readings WHERE signal = 'motion'
    AND hour(to_timestamp("at" / 1000) AT TIME ZONE 'Europe/Helsinki') BETWEEN 5 AND 9
)
SELECT 'no-movement-by-ten', home,
    epoch_ms((day + INTERVAL 10 HOUR) AT TIME ZONE 'Europe/Helsinki')
FROM days ANTI JOIN moved USING (home, day)
"""
WRONG = {
    "DuckDB window SQL": "a low value holds across any gap; no way back (hysteresis); absence "
    "without coverage; a day without any reading is no day",
    "Polars": "oxygen only: as SQL, a low value holds across any gap; no hysteresis",
    "pandas": "oxygen only: as SQL, a low value holds across any gap; no hysteresis",
}


def table(
    past: Past, rules: Sequence[Rule], setting: rules_past.Setting, homes: int
) -> list[dict[str, Any]]:
    """Seconds, onsets, and how many of them the engine has not, or has and they have not."""
    columns = _columns(past, homes)
    count = len(columns["at"])
    engine, seconds = _engine(past, rules, setting, homes)
    lines = [_line("this engine", seconds, count, engine, engine)]
    tried: dict[str, tuple[str, Callable[[dict[str, Any]], set[Onset]]]] = {
        "DuckDB window SQL": ("duckdb", _duckdb),
        "Polars": ("polars", _polars),
        "pandas": ("pandas", _pandas),
    }
    for name, (module, run) in tried.items():
        if importlib.util.find_spec(module) is None:
            print(f"{name}: not installed here")
            continue
        began = time.perf_counter()
        found = run(columns)
        took = time.perf_counter() - began
        spoken = {rule for rule, _, _ in found}
        wanted = {one for one in engine if one[0] in spoken}
        lines.append({**_line(name, took, count, found, wanted), "wrong": WRONG[name]})
    print(f"{'instead':20}{'s':>8}{'onsets':>8}{'extra':>8}{'missed':>8}   of {count} readings")
    for line in lines:
        print("{name:20}{seconds:8}{onsets:8}{extra:8}{missed:8}".format(**line))
    return lines


def _line(
    name: str, seconds: float, count: int, found: set[Onset], wanted: set[Onset]
) -> dict[str, Any]:
    return {
        "name": name,
        "seconds": round(seconds, 3),
        "readings": count,
        "onsets": len(found),
        "extra": len(found - wanted),
        "missed": len(wanted - found),
    }


def _engine(
    past: Past, rules: Sequence[Rule], setting: rules_past.Setting, homes: int
) -> tuple[set[Onset], float]:
    asked = [rule for rule in rules if "door" not in rule.name]
    plans = [plan(rule, {}, rules_past.ZONE) for rule in asked]
    driver, found = Backtest(kernel()), set()
    known = [past.history(setting, rules_past.home_of(i), rules).subjects for i in range(homes)]
    began = time.perf_counter()
    for i, subjects in enumerate(known):
        home, subject = rules_past.home_of(i), rules_past.subject_of(i)
        items = [Item(made.rule.name, home, subject, made) for made in plans]
        for one in driver.episodes(items, subjects, rules_past.START, setting.end, evidence=False):
            found.add((one.key, home, one.onset))
    return found, time.perf_counter() - began


def _columns(past: Past, homes: int) -> dict[str, Any]:
    parts: dict[str, list[Any]] = {"home": [], "signal": [], "at": [], "x": []}
    for i in range(homes):
        for one in past.snapshot.home(rules_past.home_of(i)).channels:
            parts["home"].append(np.full(len(one), rules_past.home_of(i), object))
            parts["signal"].append(np.full(len(one), one.signal, object))
            parts["at"].append(one.at)
            parts["x"].append(one.x.astype(np.int64))
    return {name: np.concatenate(own) for name, own in parts.items()}


def _duckdb(columns: dict[str, Any]) -> set[Onset]:
    with duckdb.connect(":memory:", config={"threads": "2"}) as connection:
        connection.register("arrived", columns)
        connection.execute("CREATE TABLE readings AS FROM arrived")
        return {
            row
            for text in (OXYGEN_SQL, PRESSURE_SQL, MOVEMENT_SQL)
            for row in connection.execute(text).fetchall()
        }


def _polars(columns: dict[str, Any]) -> set[Onset]:
    import polars as pl

    frame = pl.DataFrame({name: list(c) if c.dtype == object else c for name, c in columns.items()})
    low = (
        frame.filter(pl.col("signal") == "spo2")
        .sort("home", "at")
        .with_columns(low=pl.col("x") < LIMIT, next=pl.col("at").shift(-1).over("home"))
        .with_columns(
            run=(pl.col("low") != pl.col("low").shift(1)).fill_null(True).cum_sum().over("home")
        )
        .filter("low")
        .group_by("home", "run")
        .agg(pl.col("at").min(), pl.col("next").max())
        .filter(pl.col("next") - pl.col("at") >= HOLD_MS)
    )
    return {("spo2-low", home, at + HOLD_MS) for home, at in low.select("home", "at").iter_rows()}


def _pandas(columns: dict[str, Any]) -> set[Onset]:
    import pandas as pd

    frame = pd.DataFrame(columns)
    frame = frame[frame.signal == "spo2"].sort_values(["home", "at"])
    frame["low"] = frame.x < LIMIT
    frame["next"] = frame.groupby("home")["at"].shift(-1)
    frame["run"] = (frame.low != frame.groupby("home")["low"].shift(1)).groupby(frame.home).cumsum()
    runs = frame[frame.low].groupby(["home", "run"]).agg({"at": "min", "next": "max"})
    runs = runs[runs["next"] - runs["at"] >= HOLD_MS].reset_index()
    return {
        ("spo2-low", home, int(at) + HOLD_MS)
        for home, at in zip(runs.home, runs["at"], strict=True)
    }
