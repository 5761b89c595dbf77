"""Which loop an operator's code stands for, written by `rules.compiled.generate`.

The code is the operator's position in `rules.operators.OPERATORS`. Plain Python as it stands;
`kernel.py` compiles it together with what it calls.
"""

from typing import TYPE_CHECKING

from rules.compiled.node import loop_of

if TYPE_CHECKING:
    from rules.compiled.columns import Ints

fold_latest = loop_of("latest")
fold_above = loop_of("above")
fold_below = loop_of("below")
fold_between = loop_of("between")
fold_is = loop_of("is")
fold_lasting = loop_of("lasting")
fold_rise = loop_of("rise")
fold_none_for = loop_of("none_for")
fold_none_between = loop_of("none_between")
fold_time_between = loop_of("time_between")
fold_event = loop_of("event")
fold_all = loop_of("all")
fold_any = loop_of("any")
fold_not = loop_of("not")
fold_unless = loop_of("unless")
fold_holiday = loop_of("holiday")
fold_fall = loop_of("fall")
fold_difference = loop_of("difference")
fold_first = loop_of("first")
fold_lowest = loop_of("lowest")
fold_highest = loop_of("highest")
fold_mean = loop_of("mean")
fold_median = loop_of("median")
fold_total = loop_of("total")
fold_count = loop_of("count")
fold_slope = loop_of("slope")
fold_baseline = loop_of("baseline")
fold_deviation = loop_of("deviation")
fold_points = loop_of("points")
fold_score = loop_of("score")
fold_choose = loop_of("choose")
fold_time_true = loop_of("time_true")
fold_times_true = loop_of("times_true")
fold_transitions = loop_of("transitions")

WORDS = (
    "latest",
    "above",
    "below",
    "between",
    "is",
    "lasting",
    "rise",
    "none_for",
    "none_between",
    "time_between",
    "event",
    "all",
    "any",
    "not",
    "unless",
    "holiday",
    "fall",
    "difference",
    "first",
    "lowest",
    "highest",
    "mean",
    "median",
    "total",
    "count",
    "slope",
    "baseline",
    "deviation",
    "points",
    "score",
    "choose",
    "time_true",
    "times_true",
    "transitions",
)  # as `OPERATORS` was


def fold_node(
    op: int,
    s: "Ints",
    p: "Ints",
    at: "Ints",
    end: "Ints",
    out: "Ints",
    wake: "Ints",
    wt: "Ints",
    wx: "Ints",
    n: int,
    stop: int,
) -> int:
    if op == 0:
        return fold_latest(s, p, at, end, out, wake, wt, wx, n, stop)
    if op == 1:
        return fold_above(s, p, at, end, out, wake, wt, wx, n, stop)
    if op == 2:
        return fold_below(s, p, at, end, out, wake, wt, wx, n, stop)
    if op == 3:
        return fold_between(s, p, at, end, out, wake, wt, wx, n, stop)
    if op == 4:
        return fold_is(s, p, at, end, out, wake, wt, wx, n, stop)
    if op == 5:
        return fold_lasting(s, p, at, end, out, wake, wt, wx, n, stop)
    if op == 6:
        return fold_rise(s, p, at, end, out, wake, wt, wx, n, stop)
    if op == 7:
        return fold_none_for(s, p, at, end, out, wake, wt, wx, n, stop)
    if op == 8:
        return fold_none_between(s, p, at, end, out, wake, wt, wx, n, stop)
    if op == 9:
        return fold_time_between(s, p, at, end, out, wake, wt, wx, n, stop)
    if op == 10:
        return fold_event(s, p, at, end, out, wake, wt, wx, n, stop)
    if op == 11:
        return fold_all(s, p, at, end, out, wake, wt, wx, n, stop)
    if op == 12:
        return fold_any(s, p, at, end, out, wake, wt, wx, n, stop)
    if op == 13:
        return fold_not(s, p, at, end, out, wake, wt, wx, n, stop)
    if op == 14:
        return fold_unless(s, p, at, end, out, wake, wt, wx, n, stop)
    if op == 15:
        return fold_holiday(s, p, at, end, out, wake, wt, wx, n, stop)
    if op == 16:
        return fold_fall(s, p, at, end, out, wake, wt, wx, n, stop)
    if op == 17:
        return fold_difference(s, p, at, end, out, wake, wt, wx, n, stop)
    if op == 18:
        return fold_first(s, p, at, end, out, wake, wt, wx, n, stop)
    if op == 19:
        return fold_lowest(s, p, at, end, out, wake, wt, wx, n, stop)
    if op == 20:
        return fold_highest(s, p, at, end, out, wake, wt, wx, n, stop)
    if op == 21:
        return fold_mean(s, p, at, end, out, wake, wt, wx, n, stop)
    if op == 22:
        return fold_median(s, p, at, end, out, wake, wt, wx, n, stop)
    if op == 23:
        return fold_total(s, p, at, end, out, wake, wt, wx, n, stop)
    if op == 24:
        return fold_count(s, p, at, end, out, wake, wt, wx, n, stop)
    if op == 25:
        return fold_slope(s, p, at, end, out, wake, wt, wx, n, stop)
    if op == 26:
        return fold_baseline(s, p, at, end, out, wake, wt, wx, n, stop)
    if op == 27:
        return fold_deviation(s, p, at, end, out, wake, wt, wx, n, stop)
    if op == 28:
        return fold_points(s, p, at, end, out, wake, wt, wx, n, stop)
    if op == 29:
        return fold_score(s, p, at, end, out, wake, wt, wx, n, stop)
    if op == 30:
        return fold_choose(s, p, at, end, out, wake, wt, wx, n, stop)
    if op == 31:
        return fold_time_true(s, p, at, end, out, wake, wt, wx, n, stop)
    if op == 32:
        return fold_times_true(s, p, at, end, out, wake, wt, wx, n, stop)
    if op == 33:
        return fold_transitions(s, p, at, end, out, wake, wt, wx, n, stop)
    return n
