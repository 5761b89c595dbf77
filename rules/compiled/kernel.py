"""Compiles the loops with everything that they call: each operator once, never a tree.

numba compiles plain functions only where they are module globals that it has compiled itself, so
each function is rebuilt with compiled globals; the source stays the one that runs live. Each
operator gets a copy of the loop with its `take` and `judge` in it, so that the compiler can put
them into the loop: 2.5 times as fast as asking at every step which operator it is. It is compiled
when a rule first uses it.

numba keeps what it compiled, but looks at the file of the outermost function alone when it asks
whether that is still good: an edited operator would silently run old code. So each is kept in a
folder that is named after all its code, and that of all it calls.
"""

import hashlib
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from rules.compiled import loops
from rules.operators import BY_WORD, OPERATORS

Compiled = Callable[..., int]

ALONE: AbstractContextManager[object] = nullcontext()
# `_nrt`: nothing here makes an array, so nobody need count who holds one. numba would, at every
# `take` and `judge`, with two atomic additions an array: that took longer than the work.
OPTIONS = {"nogil": True, "_nrt": False}


class Kernel:
    """The loops, compiled or plain. `guard`: held while one is made."""

    def __init__(
        self,
        make: Callable[[FunctionType, str], Compiled],
        guard: AbstractContextManager[object] = ALONE,
    ) -> None:
        self._make, self._guard = make, guard
        self._loops: dict[str, Compiled] = {}
        self.merge = make(_plain(loops.merge), "aaaiiiiaaai")
        self.decisive = make(_plain(loops.decisive), "aaiiiiiiaaai")

    def loop(self, word: str) -> Compiled:
        """The loop with this operator in it."""
        found = self._loops.get(word)
        if found is None:
            with self._guard:
                found = self._loops.get(word)
                if found is None:
                    found = self._loops[word] = self._make(loop_of(word), "aaaaaaaaii")
        return found


def plain() -> Kernel:
    """The same functions as they stand: for tests, and for looking into them."""
    return Kernel(lambda function, _: function)


def available() -> bool:
    """Whether numba can be imported here."""
    try:
        import numba  # noqa: F401  # 0.3 s; only a back-test needs it
    except ImportError:
        return False
    return True


def compile_kernel(
    folder: Path | None = None,
    *,
    checked: bool = False,
    guard: AbstractContextManager[object] = ALONE,
) -> Kernel:
    """`folder`: where it is kept between processes, which may be several; None: it is not kept.

    `guard`: a lock, where several threads use it: numba reads the folder from a setting of the
    whole process, twice. `checked`: every index is held against the length of its array, for tests.
    """
    return Kernel(_Jit(folder, boundscheck=checked), guard)


def compile_function(
    function: FunctionType,
    kinds: str,
    folder: Path | None,
    *,
    checked: bool = False,
    nogil: bool = True,
) -> Compiled:
    """One function beside the kernel's; `kinds` and `folder` as there."""
    return _Jit(folder, boundscheck=checked, nogil=nogil)(function, kinds)


@cache
def loop_of(word: str) -> FunctionType:
    """A loop with one operator in it, plain."""
    operator = BY_WORD[word]
    original = _plain(loops.loop)
    known = {**original.__globals__, "take": operator.take, "judge": operator.judge}
    return copied(original, known, f"{original.__name__}_{word}")


@cache
def fingerprint() -> str:
    """Of all that is compiled."""
    digest = hashlib.sha256()
    functions = [_plain(loops.merge), _plain(loops.decisive)]
    functions += [loop_of(o.word) for o in OPERATORS]
    for function in functions:
        digest.update(_code_of(function).encode())
    return digest.hexdigest()[:16]


class _Jit:
    """Rebuilds functions so that all they call is compiled."""

    def __init__(self, folder: Path | None, **options: Any) -> None:
        import numba  # as above

        self._numba: Any = numba
        self._folder = folder
        self._options = {**OPTIONS, **options}
        self._made: dict[FunctionType, Any] = {}

    def __call__(self, function: FunctionType, kinds: str) -> Compiled:
        """Compiled now (or read from the folder), for this signature and no other.

        Of `kinds`, a is an array of int64, i an int64; it gives an int64.
        """
        of = {"a": self._numba.types.int64[::1], "i": self._numba.types.int64}
        signature = self._numba.types.int64(*(of[kind] for kind in kinds))
        config = self._numba.config
        before = config.CACHE_DIR
        keep = self._folder is not None
        if self._folder is not None:
            checked = "-checked" if self._options["boundscheck"] else ""
            place = self._folder / f"{function.__name__}-{_code_of(function)}{checked}"
            config.CACHE_DIR = str(place)
        try:
            made = self._numba.njit(cache=keep, **self._options)(self._rebuilt(function))
        finally:
            config.CACHE_DIR = before
        made.compile(signature)
        made.disable_compile()
        compiled: Compiled = made
        return compiled

    def _inner(self, function: FunctionType) -> Any:
        """Compiled when something that calls it is."""
        if function not in self._made:
            self._made[function] = self._numba.njit(**self._options)(self._rebuilt(function))
        return self._made[function]

    def _rebuilt(self, function: FunctionType) -> FunctionType:
        known = dict(function.__globals__)
        known.update({name: self._inner(called) for name, called in _called(function)})
        return copied(function, known, function.__name__)


def _plain(function: Callable[..., Any]) -> FunctionType:
    assert isinstance(function, FunctionType)
    return function


def copied(function: Callable[..., Any], known: dict[str, Any], name: str) -> FunctionType:
    """The same code under other globals."""
    original = _plain(function)
    made = FunctionType(original.__code__, known, name, original.__defaults__)
    made.__module__, made.__qualname__ = original.__module__, name
    return made


def _called(function: FunctionType) -> Iterator[tuple[str, FunctionType]]:
    for name in function.__code__.co_names:
        known = function.__globals__.get(name)
        if isinstance(known, FunctionType):
            yield name, known


def _code_of(function: FunctionType) -> str:
    """A hash of a function's code, of the numbers it names, and of all that it calls."""
    import numba  # as above

    digest = hashlib.sha256(f"{sys.version_info[:2]} {numba.__version__} {OPTIONS}".encode())
    seen: set[FunctionType] = set()

    def add(one: FunctionType) -> None:
        if one in seen:
            return
        seen.add(one)
        code: CodeType = one.__code__
        known = [(name, one.__globals__.get(name)) for name in code.co_names]
        numbers = [(name, value) for name, value in known if isinstance(value, int | float | tuple)]
        told = (one.__name__, code.co_code, code.co_consts, code.co_varnames, numbers)
        digest.update(repr(told).encode())
        for _, called in _called(one):
            add(called)

    add(function)
    return digest.hexdigest()[:16]
