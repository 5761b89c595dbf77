"""Integer arithmetic that operators share, in the subset that compiles."""

MS_OF_DAY = 86_400_000


def half_up(a: int, b: int) -> int:
    """The integer nearest to a / b, a tie away from zero, as readings are rounded; b > 0.

    |a| and b up to 2^61.
    """
    if a >= 0:
        return (2 * a + b) // (2 * b)
    return -((b - 2 * a) // (2 * b))


def root(n: int) -> int:
    """The largest integer whose square is at most n; 0 <= n < 2^62."""
    if n <= 0:
        return 0
    x = 1
    while x * x <= n // 4:
        x *= 2
    x *= 2  # above the root: Newton's steps go down to it
    while True:
        y = (x + n // x) // 2
        if y >= x:
            return x
        x = y


def shown(p: list[int], at: int, t: int) -> int:
    """What local clocks show at t, in ms; while an hour repeats they stand still.

    p[at] is the number of offset changes; their instants and then their offsets follow it
    (`rules.zones`).
    """
    n = p[at]
    low, high = 0, n - 1  # the last change at or before t; the first entry is far in the past
    while low < high:
        middle = (low + high + 1) // 2
        if p[at + 1 + middle] <= t:
            low = middle
        else:
            high = middle - 1
    local = t + p[at + 1 + n + low]
    if low > 0:
        peak = p[at + 1 + low] - 1 + p[at + n + low]
        local = max(local, peak)
    return local
