"""The rhythm of days: a marked semi-Markov chain over sensor events.

Draw the class of the gap, then the gap, then the sensor among those that are not blind. Days are
cut at 04:00 local time, and each begins from a table of its own. Vectorised over person-days: the
loop runs over steps, and one person-day alone gives what it gives among thousands.

A step costs some 150 ns a person-day. For that, log weights are tables of weights before the loop
begins; columns lie together (weight j of all person-days, then weight j + 1); one hash a step gives
all three draws; and who has come to the end of the day is taken out now and then, not every time.
"""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from simulators.columns import Ints, Mask
from simulators.people.population import BLOCKS, CLASSES, LONG, QUARTERS, START, STATES, Population
from simulators.randomness import Floats, Keys, begun, joined, normal, stream, words

DAY_BEGINS_H = 4
BLIND_S = 60  # a motion sensor says nothing for so long after an event
AJAR_S = 30 * 60  # a door that was opened longer ago is taken as shut
_MEMORY = 8  # days after which the day-to-day effect is forgotten
_HOURS = 26  # rows of tables by hour since 04:00; a day with a change of clocks has 25
_NEVER = np.int32(-(1 << 30))
_LONG_AGO = np.int32(1 << 20)  # seconds: doors are never blind
_UNHEARD = 64  # no sensor could hear this one
_OPENED = 8  # added to a door's number
_LOOK = 16  # steps between looking who is done
_CELLS_BITS = 11  # of the table that finds the quantile below a draw
_DRAW_BITS = 21

_HOME, _DAY = stream("rhythm.home"), stream("rhythm.day")
_SENSOR_DAY = stream("rhythm.sensor-day")
_STEP = stream("rhythm.step")


@dataclass(frozen=True, slots=True)
class Steps:
    """Events of many person-days, in the order of steps."""

    pair: Ints  # index of the person-day
    second: Ints  # since 04:00 local time
    sensor: Ints  # index into Population.sensors
    opened: Mask  # a door's event that opened it


@dataclass(frozen=True, slots=True)
class _Chain:
    """The population's tables as weights, one row a column of the choice."""

    kind: Floats  # [7, 26 hours x 16 states x 8 previous]
    target: Floats  # [8, 26 hours x 112 (state, kind)]
    grid: Floats  # probabilities of the quantiles, the first left out
    cell: Ints  # quantile below the middle of each cell of [0, 1)
    gap_at: Floats  # [(112 + 27 rows) x 14]: seconds of the line between two quantiles at 0 …
    gap_by: Floats  # … and for each unit of the draw
    is_door: Mask


@dataclass(slots=True)
class _Walk:
    """Where each person-day has come to; the last axis runs over person-days."""

    pair: Ints
    draws: Keys
    seconds: Ints  # how long the day lasts
    block: Floats  # [7 classes, 12 blocks, N] weights of person and day
    sensors: Floats  # [8, N] weights of the home's
    second: Ints
    state: Ints
    previous: Ints
    last: np.ndarray[tuple[int, int], np.dtype[np.int32]]
    """[8, N] when each motion sensor spoke; a door, `_LONG_AGO` before it opened, if it is open."""

    def without_the_done(self) -> Self:
        """Only person-days whose day is not over, where that is worth the copying."""
        going = self.second < self.seconds
        alive = int(np.count_nonzero(going))
        if alive > 0.9 * len(going):
            return self
        # compress keeps the order in memory, so that a flat view of the result is a view
        return type(self)(
            *(np.compress(going, getattr(self, field.name), axis=-1) for field in fields(self))
        )


def days(
    tables: Population,
    homes: Keys,
    day_numbers: Ints,
    fitted: Mask | Floats,
    seconds: Ints,
    restless: Floats | None = None,
) -> Steps:
    """Events of person-days.

    homes: the key of each; day_numbers: days since 1970 of the date on which each begins;
    fitted [N, 8]: which sensors the home has, or their weights beside the population's; seconds:
    how long each day lasts (a day with a change of clocks is not 86,400); restless [N]: added to
    the log weight of short gaps.
    """
    chain = _chain(tables)
    walk = _begin(tables, homes, day_numbers, fitted, seconds, restless)
    out: list[tuple[Ints, np.ndarray, np.ndarray]] = []
    step = 0
    while True:
        if step % _LOOK == 0:
            walk = walk.without_the_done()
            if not len(walk.pair):
                break
        out.append((walk.pair, *_step(chain, walk, step)))
        step += 1
    return _collected(out, seconds)


def _step(chain: _Chain, walk: _Walk, number: int) -> tuple[np.ndarray, np.ndarray]:
    """One event of each: its second, and its sensor's number with `_OPENED`, or `_UNHEARD`."""
    size = len(walk.pair)
    here = np.arange(size)
    for_kind, for_gap, for_target = _thirds(words(walk.draws, number))
    hour = _hour(walk.second)
    weights = _rows(chain.kind, (hour * STATES + walk.state) * (CLASSES + 1) + walk.previous)
    block = (hour + DAY_BEGINS_H) % 24 // (24 // BLOCKS)
    weights *= _rows(walk.block.reshape(CLASSES, -1), block * size + here)
    kind = _choose(weights, for_kind)[0]
    walk.second += _gap(chain, hour, walk, kind, for_gap)
    now = walk.second.astype(np.int32)
    weights = _rows(chain.target, (_hour(walk.second) * STATES + walk.state) * CLASSES + kind)
    weights *= walk.sensors
    weights *= walk.last < now - BLIND_S
    sensor, total = _choose(weights, for_target)
    heard = total > 0
    where = sensor * size + here
    door = chain.is_door[sensor]
    last = walk.last.reshape(-1)
    before = last.take(where, mode="clip")
    opened = door & heard & (before < now - (AJAR_S + _LONG_AGO))
    spoke = np.where(opened | ~door, now - door * _LONG_AGO, _NEVER)
    last[where] = np.where(heard, spoke, before)
    code = sensor + opened * _OPENED
    walk.state = np.where(heard, code, walk.state)
    walk.previous = kind
    return now, np.where(heard, code, _UNHEARD).astype(np.int8)


def _thirds(drawn: Keys) -> tuple[Ints, Ints, Ints]:
    """Three numbers of 21 bits from each word."""
    low = (1 << _DRAW_BITS) - 1
    return (
        (drawn >> np.uint64(43)).astype(np.int64),
        (drawn >> np.uint64(22)).astype(np.int64) & low,
        (drawn >> np.uint64(1)).astype(np.int64) & low,
    )


def _rows(table: Floats, at: Ints) -> Floats:
    """Each row of a table at the same places. `clip` because they are known to be inside."""
    return table.take(at, axis=1, mode="clip")


def _choose(weights: Floats, drawn: Ints) -> tuple[Ints, Floats]:
    """(a row for each column, with probability by its weight; the sums). Spoils the weights."""
    for row in range(1, len(weights)):
        weights[row] += weights[row - 1]
    total = weights[-1]
    passed = weights[:-1] <= total * (drawn * 2.0**-_DRAW_BITS)
    return np.add.reduce(passed.view(np.int8), axis=0).astype(np.int64), total


def _gap(chain: _Chain, hour: Ints, walk: _Walk, kind: Ints, drawn: Ints) -> Ints:
    """Whole seconds, at least one, by linear interpolation between quantiles."""
    u = drawn * 2.0**-_DRAW_BITS
    index = chain.cell.take(drawn >> (_DRAW_BITS - _CELLS_BITS), mode="clip")
    index += u >= chain.grid.take(index, mode="clip")
    long_row = STATES * CLASSES + np.where(walk.previous == START, _HOURS, hour)
    row = np.where(kind == CLASSES - 1, long_row, walk.state * CLASSES + kind)
    row *= len(chain.grid)
    row += index
    gap = chain.gap_by.take(row, mode="clip") * u
    gap += chain.gap_at.take(row, mode="clip")
    whole: Ints = np.maximum(gap.astype(np.int64), 1)
    return whole


def _hour(second: Ints) -> Ints:
    """Since 04:00; whoever is past the end of the day stays in its last."""
    hour: Ints = np.minimum(second // 3600, _HOURS - 1)
    return hour


def _collected(parts: list[tuple[Ints, np.ndarray, np.ndarray]], seconds: Ints) -> Steps:
    """What somebody heard, before the day was over."""
    if not parts:
        empty = np.empty(0, np.int64)
        return Steps(empty, empty, empty, np.empty(0, np.bool_))
    pair, second, code = (np.concatenate(column) for column in zip(*parts, strict=True))
    inside = np.flatnonzero((second < seconds[pair]) & (code != _UNHEARD))
    pair, second, code = pair[inside], second[inside], code[inside]
    return Steps(
        pair,
        second.astype(np.int64),
        (code % _OPENED).astype(np.int64),
        code >= _OPENED,
    )


def _chain(tables: Population) -> _Chain:
    """Weights by every state that a step may find; hours begin at 04:00."""
    hours = (np.arange(_HOURS) + DAY_BEGINS_H) % 24
    kind = (
        tables.class_by_hour[hours][:, None, None]
        + tables.class_by_state[hours // (24 // QUARTERS)][:, :, None]
        + tables.class_by_previous[None, None, :]
    )
    target = tables.target_by_hour[hours][:, None] + tables.target_by_state[None, :]
    by_state = tables.gap_s.reshape(-1, len(tables.grid))
    gaps = np.concatenate([by_state, tables.long_gap_s[[*hours, 24]]])
    slope = np.diff(gaps, axis=1) / np.diff(tables.grid)
    cells = 1 << _CELLS_BITS
    cell = np.searchsorted(tables.grid, np.arange(cells) / cells, side="right") - 1
    return _Chain(
        np.ascontiguousarray(np.exp(kind).reshape(-1, CLASSES).T),
        np.ascontiguousarray(np.exp(target).reshape(-1, target.shape[-1]).T),
        tables.grid[1:],
        cell.astype(np.int64),
        (gaps[:, :-1] - slope * tables.grid[:-1]).reshape(-1),
        slope.reshape(-1),
        tables.is_door,
    )


def _begin(
    tables: Population,
    homes: Keys,
    day_numbers: Ints,
    fitted: Mask | Floats,
    seconds: Ints,
    restless: Floats | None,
) -> _Walk:
    """Everybody in the bedroom at 04:00, with what is steady through the day."""
    size, sensors = len(homes), len(tables.sensors)
    own = np.repeat(tables.home_mean[:, None], size, axis=1)
    # No matrix product: its last bits depend on how many there are.
    for number, direction in enumerate(tables.home_root):
        own += direction[:, None] * normal(homes, _HOME, number)
    person, sensor = own[:-sensors].reshape(BLOCKS, CLASSES, size), own[-sensors:]
    today = joined(homes, day_numbers)
    for number, spread in enumerate(tables.sensor_day_sd):
        sensor[number] += spread * normal(today, _SENSOR_DAY, number)
    # An AR(1) by its last terms, so that no day needs the day before it.
    rho, scale = tables.day_rho, tables.day_sd * np.sqrt(1 - tables.day_rho**2)
    effect = np.zeros(size)
    for lag in range(_MEMORY):
        effect += rho**lag * normal(joined(homes, day_numbers - lag), _DAY)
    day = np.zeros((CLASSES, size))
    day[LONG:] = scale * effect
    if restless is not None:
        day[:LONG] += restless
    block = np.exp(person.transpose(1, 0, 2) + day[:, None, :])
    return _Walk(
        np.arange(size),
        begun(today, _STEP),
        np.asarray(seconds, np.int64),
        np.ascontiguousarray(block),
        np.exp(sensor) * fitted.T.astype(float),
        np.zeros(size, np.int64),
        np.full(size, tables.sensors.index("bedroom"), np.int64),
        np.full(size, START, np.int64),
        np.full((sensors, size), _NEVER, np.int32),
    )
