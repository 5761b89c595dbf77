"""Each operator that gives a number, alone, against its definition at any millisecond: with
rings that overflow, readings out of range, and times that are no round ones.
"""

import os
import random
from fractions import Fraction
from math import ceil, isqrt

import pytest

from rules.operators import BY_WORD, U
from rules.operators.arithmetic import half_up, root
from rules.zones import offsets
from tests.properties.oracle.windowed import half_up as rounded
from tests.properties.oracle.windowed import median_of

CASES = int(os.environ.get("RANDOM_CASES", "200"))
MINUTE = 60_000
W = 60 * MINUTE


def run(r, word, p, inputs, steps=60, soonest=0):
    """Feeds random inputs; yields time, answer and all that was taken, and holds the contract."""
    operator = BY_WORD[word]
    s = operator.state(p)
    taken, t = [], 0
    round_times = r.random() < 0.5  # so that much falls on the very end of a window
    for _ in range(steps):
        if round_times:
            t += r.choice([soonest * W // 12, W // 12, W // 6, W // 4, W // 2])
        else:
            t += r.choice([soonest, 1, 7 * MINUTE, r.randrange(1, 20 * MINUTE), r.randrange(1, W)])
        if r.random() < 0.5:
            taken.append((t, inputs(r)))
            operator.take(s, p, t, 0, taken[-1][1])
        out, until = operator.judge(s, p, t)
        assert until > t
        assert operator.judge(s, p, min(until, t + 3 * W) - 1)[0] == out
        operator.since(s, p, t)
        yield t, out, taken


def value(r):
    return r.choice([r.randint(0, 30), r.randint(-40, 80)])  # the plausible are 0 to 30


def in_window(taken, t):
    return [(at, x) for at, x in taken if t - W < at <= t and 0 <= x <= 30]


@pytest.mark.parametrize(
    ("word", "function"),
    [
        ("first", lambda xs: xs[0]),
        ("lowest", min),
        ("highest", max),
        ("mean", lambda xs: rounded(Fraction(sum(xs), len(xs)))),
        ("median", lambda xs: rounded(median_of(xs))),
        ("total", sum),
    ],
)
def test_a_window_is_exact_or_says_that_it_cannot_know(word, function):
    exact = overflowing = 0
    for seed in range(CASES):
        r = random.Random(f"{word} {seed}")
        size, needs = r.choice([2, 3, 8, 40]), r.choice([1, 2, 4])
        p = [W, size, 0, 30, needs]
        for t, out, taken in run(r, word, p, value):
            xs = [x for _, x in in_window(taken, t)]
            right = function(xs) if len(xs) >= needs else U
            if word in {"lowest", "highest"}:  # fewer than there are readings stand in the ring
                assert out in ({right} if len(xs) <= size else {right, U})
            else:
                assert out == (right if len(xs) <= size else U)
            exact += out != U
            overflowing += len(xs) > size
    assert exact > 10 * CASES
    assert overflowing > CASES


@pytest.mark.parametrize(("word", "sign", "own"), [("rise", 1, min), ("fall", -1, max)])
def test_a_rise_or_fall_is_exact_or_says_that_it_cannot_know(word, sign, own):
    exact = overflowing = 0
    for seed in range(CASES):
        r = random.Random(f"{word} {seed}")
        p = [W, r.choice([2, 3, 8])]
        for t, out, taken in run(r, word, p, lambda r: r.randint(0, 30)):
            xs = [x for at, x in taken if t - W < at <= t]
            lately = [x for at, x in taken if t - 2 * W < at <= t]
            right = sign * (xs[-1] - own(xs)) if len(xs) > 1 else U
            assert out == right or (out == U and len(lately) > p[1])
            exact += out != U
            overflowing += out != right
    assert exact > 10 * CASES
    assert overflowing > CASES


def test_a_count_is_exact_or_says_that_it_cannot_know():
    overflowing = 0
    for seed in range(CASES):
        r = random.Random(seed)
        p = [W, r.choice([1, 3, 40]), 0]
        for t, out, taken in run(r, "count", p, lambda _: 1):
            right = sum(t - W < at <= t for at, _ in taken)
            assert out == (right if right <= p[1] else U)
            overflowing += out == U
    assert overflowing > CASES


def test_more_than_can_be_kept_is_unknown_until_it_would_no_longer_count():
    for word, minutes in (("times_true", 0), ("time_true", 1)):
        operator = BY_WORD[word]
        p = [W, 1]
        s = operator.state(p)
        for t in range(-2 * W, 0, W):
            operator.take(s, p, t, 0, 0)
        for begin in range(300):
            operator.take(s, p, 2 * begin, 0, 1)
            operator.take(s, p, 2 * begin + 1, 0, 0)
        out, until = operator.judge(s, p, 600)
        assert out == U
        kept = 128 if minutes else 256  # a beginning and an end are two changes
        first_kept = 2 * (300 - kept)
        assert until == W + (first_kept if minutes else first_kept - 2)
        assert operator.judge(s, p, until - 1)[0] == U
        right = MINUTE if minutes else 256
        assert operator.judge(s, p, until)[0] == right


def test_moves_are_exact_or_say_that_they_cannot_know():
    overflowing = 0
    for seed in range(CASES):
        r = random.Random(seed)
        p = [W, r.choice([1, 3, 40]), 0, 4]
        operator = BY_WORD["transitions"]
        s, t, moves, where, when = operator.state(p), 0, [], None, -W
        for _ in range(60):
            t += r.choice([1, MINUTE, W // 12, W // 4, W])
            place = r.randrange(4)
            if where not in {None, place} and t - when < W:
                moves.append(t)
            where, when = place, t
            operator.take(s, p, t, place, 1)
            later = t + r.choice([0, 1, W // 12])
            out, until = operator.judge(s, p, later)
            found = [at for at in moves if later - W < at <= later]
            kept = p[1] + (found[-1:] == [t])  # the newest stands aside until its instant is over
            assert out == (len(found) if len(found) <= kept else U)
            assert until > later
            overflowing += out == U
            t = later
    assert overflowing > CASES


@pytest.mark.parametrize("word", ["baseline", "deviation"])
def test_what_is_implausible_is_not_usual(word):
    table = offsets("Europe/Dublin")
    p = [3, 2, 0, 0, 20, 250, 86_400_000, 1, len(table)]
    p += [at for at, _ in table] + [shift for _, shift in table]
    r = random.Random(1)
    operator = BY_WORD[word]
    one, other = operator.state(p), operator.state(p)
    t, known = 1_762_257_600_000, 0
    for _ in range(300):
        t += r.randrange(1, 40_000_000)
        x = r.choice([r.randint(20, 250), 19, 251, -5, 10**9])
        operator.take(one, p, t, 0, x)
        if 20 <= x <= 250:
            operator.take(other, p, t, 0, x)
        assert operator.judge(one, p, t) == operator.judge(other, p, t)
        known += operator.judge(one, p, t)[0] != U
    assert known > 100


def test_a_slope_is_that_of_least_squares():
    exact = 0
    for seed in range(CASES):
        r = random.Random(seed)
        p = [W, r.choice([4, 40]), 0, 30, r.choice([2, 3]), r.choice([1, 10 * MINUTE, W // 2])]
        for t, out, taken in run(r, "slope", p, value):
            inside = in_window(taken, t)
            right = U
            if p[4] <= len(inside) <= p[1] and inside[-1][0] - inside[0][0] >= p[5]:
                us = [at // MINUTE for at, _ in inside]
                mid = Fraction(sum(us), len(us))
                spread = sum((u - mid) ** 2 for u in us)
                if spread:
                    change = sum((u - mid) * x for u, (_, x) in zip(us, inside, strict=True))
                    right = rounded(change / spread * 144_000)
            assert out == right
            exact += out != U
    assert exact > 10 * CASES


def test_the_slope_of_the_longest_and_steepest_window_fits():
    """35 days, every place of the ring taken, from one end of what steps can be to the other."""
    slope = BY_WORD["slope"]
    long = 35 * 24 * 60 * MINUTE
    p = [long, 1024, 0, 100_000, 3, 1]
    s = slope.state(p)
    inside = []
    for k in range(1024):
        t = 10**15 + k * (long // 1024)
        x = 100_000 if k >= 512 else 0
        slope.take(s, p, t, 0, x)
        inside.append((t // MINUTE, x))
    biggest = max(abs(x) for x in s[3:8])
    mid = Fraction(sum(u for u, _ in inside), 1024)
    spread = sum((u - mid) ** 2 for u, _ in inside)
    change = sum((u - mid) * x for u, x in inside)
    assert slope.judge(s, p, t)[0] == rounded(change / spread * 144_000)
    n, su, sx, suu, sux = 1024, *s[4:8]
    assert max(n * sux, su * sx, n * suu, su * su, biggest) < 1 << 53
    assert (n * suu - su * su) * 400 < 1 << 62


@pytest.mark.parametrize("gaps", [0, 1])
def test_how_long_is_exact_at_every_moment(gaps):
    exact = 0
    for seed in range(CASES):
        r = random.Random(seed)
        p = [W, 1 - gaps]
        for t, out, taken in run(r, "time_true", p, lambda r: r.choice([U, 0, 0, 1, 1]), soonest=1):
            if not taken:
                continue
            spans = list(zip(taken, [*taken[1:], (t, None)], strict=True))
            true = sum(
                max(0, min(end, t) - max(at, t - W))
                for (at, x), (end, _) in spans
                if x not in {U, 0}
            )
            unknown = any(
                x == U and end > t - W and (end > at or end == t) for (at, x), (end, _) in spans
            )
            seen = taken[0][0] <= t - W and not unknown
            right = ceil(Fraction(true, MINUTE)) * MINUTE
            assert out == (right if gaps or seen else U), (seed, t)
            exact += out not in {U, 0}
    assert exact > 5 * CASES


@pytest.mark.parametrize("gaps", [0, 1])
def test_a_move_does_not_depend_on_the_order_within_an_instant(gaps):
    compared = 0
    for seed in range(CASES):
        r = random.Random(seed)
        p = [W, r.choice([2, 5, 20]), 1 - gaps, 3]
        operator = BY_WORD["transitions"]
        one, other = operator.state(p), operator.state(p)
        t = 0
        for _ in range(50):
            t += r.choice([1, MINUTE, r.randrange(1, W)])
            ports = [(port, 1) for port in range(3) if r.random() < 0.4]
            if r.random() < 0.1 or t < W:
                ports.append((3, int(r.random() < 0.9)))
            for s in (one, other):
                r.shuffle(ports)
                for port, x in ports:
                    if port < 3 or not gaps:
                        operator.take(s, p, t, port, x)
            assert operator.judge(one, p, t) == operator.judge(other, p, t)
            compared += operator.judge(one, p, t)[0] > 0
    assert compared > CASES


def test_integer_arithmetic_is_exact():
    r = random.Random(1)
    for _ in range(20 * CASES):
        a = r.choice([1, -1]) * r.randrange(1 << r.choice([3, 20, 60]))
        b = r.randrange(1, 1 << r.choice([2, 20, 60]))
        assert half_up(a, b) == rounded(Fraction(a, b))
        n = r.randrange(1 << r.choice([2, 10, 40, 61]))
        assert root(n) == isqrt(n)
        assert root(n * n % (1 << 60)) == isqrt(n * n % (1 << 60))
