"""What a classifier may look at in one day of a home, and how homes and days are weighted."""

from dataclasses import dataclass

import numpy as np

from bench.realism_homes import CUT_S, DAY_S, SENSORS, Events, Floats
from simulators.columns import Ints, Mask

BATHROOM, BEDROOM = SENSORS.index("bathroom"), SENSORS.index("bedroom")
_NIGHT_ENDS_S, _NIGHT_BEGINS_S = 3 * 3600, 19 * 3600  # 07:00 and 23:00, as seconds since 04:00
_BURST_S = 60


@dataclass(frozen=True, slots=True)
class Days:
    """Home-days as rows of numbers."""

    home: Ints
    features: Floats  # [N, len(FEATURES)]

    def weights(self) -> Floats:
        """Every home the same in all, whatever the number of its days."""
        count = np.bincount(self.home)
        shares: Floats = 1 / (count[self.home] * np.count_nonzero(count))
        return shares


FEATURES = (
    *("log events",),
    *(f"log events of {name}" for name in SENSORS),
    *(f"log events from {(4 + 4 * part) % 24:02} h" for part in range(6)),
    *("first event", "last event", "longest gap by night", "longest gap by day"),
    *("gaps over 30 min", "share under 10 s", "share 60-75 s", "share 75-300 s"),
    *("median log gap", "sd of log gap", "share to itself", "lag-1 of log gaps"),
    *("sensors", "entropy of hours", "bathroom by night", "bedroom by day", "burst length"),
)


def days(events: Events) -> Days:
    """The features of every home-day."""
    number, home, first = events.day_of()
    size = len(home)
    second, sensor = events.second, events.sensor
    count = np.bincount(number, minlength=size).astype(np.float64)
    last = np.append(first[1:], len(number)) - 1

    def per_day(mask: Mask) -> Floats:
        return np.bincount(number[mask], minlength=size).astype(np.float64)

    inner = np.ones(len(number), np.bool_)
    inner[first] = False  # rows with a gap before them
    gap = np.diff(second, prepend=0).astype(np.float64)
    log_gap, of = np.log1p(gap[inner]), number[inner]
    gaps = np.maximum(count - 1, 1)
    at_night = (second < _NIGHT_ENDS_S) | (second >= _NIGHT_BEGINS_S)
    columns = [np.log(count)]
    columns += [np.log1p(per_day(sensor == index)) for index in range(len(SENSORS))]
    columns += [np.log1p(per_day(second // (4 * 3600) == part)) for part in range(6)]
    columns += [second[first] / 3600, second[last] / 3600]
    columns += [_longest(gap, second, number, size, at_night),
                _longest(gap, second, number, size, ~at_night)]  # fmt: skip
    columns.append(per_day(inner & (gap > 1800)))
    for low, high in ((0, 10), (60, 75), (75, 300)):
        columns.append(per_day(inner & (gap >= low) & (gap < high)) / gaps)
    columns += [_median(log_gap, of, size), _sd(log_gap, of, size)]
    same = np.zeros(len(number), np.bool_)
    same[1:] = sensor[1:] == sensor[:-1]
    columns.append(per_day(inner & same) / gaps)
    columns.append(_lag(log_gap, of, size))
    kinds = np.zeros((size, len(SENSORS)), np.bool_)
    kinds[number, sensor] = True
    columns.append(kinds.sum(axis=1).astype(np.float64))
    columns.append(_entropy(number, second // 3600, size))
    columns.append(per_day(at_night & (sensor == BATHROOM)))
    columns.append(np.log1p(per_day(~at_night & (sensor == BEDROOM))))
    columns.append(count / per_day(~inner | (gap >= _BURST_S)))
    return Days(home, np.stack(columns, axis=1))


def _longest(gap: Floats, second: Ints, number: Ints, size: int, mask: Mask) -> Floats:
    """The longest silence that ends in these hours; the day's own begin counts as an event."""
    longest = np.zeros(size)
    np.maximum.at(longest, number[mask], np.minimum(gap, second)[mask])
    return longest / 3600


def _median(value: Floats, of: Ints, size: int) -> Floats:
    order = np.lexsort((value, of))
    count = np.bincount(of, minlength=size)
    begin = np.cumsum(count) - count
    middle: Floats = value[order][np.minimum(begin + count // 2, len(value) - 1)]
    return middle


def _sd(value: Floats, of: Ints, size: int) -> Floats:
    count = np.maximum(np.bincount(of, minlength=size), 1)
    mean = np.bincount(of, value, size) / count
    spread: Floats = np.sqrt(np.bincount(of, (value - mean[of]) ** 2, size) / count)
    return spread


def _lag(value: Floats, of: Ints, size: int) -> Floats:
    """Correlation of each gap with the one before it, within a day."""
    count = np.maximum(np.bincount(of, minlength=size), 1)
    centred = value - (np.bincount(of, value, size) / count)[of]
    near = of[1:] == of[:-1]
    product = np.bincount(of[1:][near], (centred[1:] * centred[:-1])[near], size)
    ratio: Floats = product / np.maximum(np.bincount(of, centred**2, size), 1e-9)
    return ratio


def _entropy(number: Ints, hour: Ints, size: int) -> Floats:
    table = np.zeros((size, DAY_S // 3600))
    np.add.at(table, (number, hour), 1)
    share = table / table.sum(axis=1, keepdims=True)
    entropy: Floats = -(share * np.log(np.maximum(share, 1e-12))).sum(axis=1)
    return entropy


assert CUT_S == 4 * 3600  # the hours above are counted from it
