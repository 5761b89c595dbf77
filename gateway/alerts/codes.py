"""Short codes that people read aloud: K7Q2.

A code is the alert's number, scattered so that neighbours look different, in an alphabet without
look-alikes (no 0 O, 1 I L, 5 S, 8 B, U V, 2 Z together). One number, one code, for ever.
"""

ALPHABET = "ACDEFHJKMNPQRTVWXY234679"
BASE = len(ALPHABET)
SHORTEST = 4
STRIDE = 7_368_787  # prime, so coprime with every power of BASE: the scattering is one to one


def code_of(number: int) -> str:
    """The code of alert `number` (from 1): four signs for the first 331,776, then five."""
    length = SHORTEST
    first = 0
    while number - first >= BASE**length:
        first += BASE**length
        length += 1
    scattered = ((number - first) * STRIDE + STRIDE // 3) % BASE**length
    signs = []
    for _ in range(length):
        scattered, rest = divmod(scattered, BASE)
        signs.append(ALPHABET[rest])
    return "".join(reversed(signs))


def normal(text: str) -> str:
    """What a person typed, as a code."""
    return "".join(text.split()).upper()
