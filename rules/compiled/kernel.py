"""Compiles the fold with everything that it calls, once for every tree and parameter.

numba compiles plain functions only where they are module globals that it has compiled itself, so
each function is rebuilt with compiled globals; the source stays the one that runs live. What is
compiled is kept in a folder of the caller's choice. numba looks at the source of the outermost
function alone when it asks whether that is still good, so the folder must be named after
`fingerprint()`, which covers every file of the package.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from devices.errors import Failed
from rules.compiled import dispatch, fold
from rules.operators import OPERATORS


@dataclass(frozen=True, slots=True)
class Kernel:
    """The functions of `fold.py`, compiled or plain."""

    fold: Callable[..., int]
    merge: Callable[..., int]
    decisive: Callable[..., int]
    compiled: bool


def plain() -> Kernel:
    """The same functions as they stand: for machines without numba, and for tests."""
    check()
    return Kernel(fold.fold, fold.merge, fold.decisive, compiled=False)


def available() -> bool:
    """Whether numba can be imported here."""
    try:
        import numba  # noqa: F401  # 0.3 s; only a back-test needs it
    except ImportError:
        return False
    return True


def compile_kernel(folder: Path | None = None, *, checked: bool = False) -> Kernel:
    """The compiled kernel. `folder`: where it is kept between processes; None: it is not kept.

    `checked`: every index is held against the length of its array, for tests. Raises Failed where
    the dispatch is stale.
    """
    import numba  # as above

    check()
    config: Any = numba.config
    before, config.CACHE_DIR = config.CACHE_DIR, "" if folder is None else str(folder)
    try:
        jit = _Jit(numba, boundscheck=checked)
        keep = folder is not None
        return Kernel(
            jit.outermost(fold.fold, "aaaaaaaaaaaaii", keep=keep),
            jit.outermost(fold.merge, "aaaaaaai", keep=keep),
            jit.outermost(fold.decisive, "aaiiiiiiaaai", keep=keep),
            compiled=True,
        )
    finally:
        config.CACHE_DIR = before


def check() -> None:
    """Raises Failed where an operator was added and the dispatch was not written anew."""
    if tuple(operator.word for operator in OPERATORS) != dispatch.WORDS:
        raise Failed(
            "compile the rules engine",
            "rules/compiled/dispatch.py",
            "it does not know the operators as they are",
            "Write it anew: python -m rules.compiled.generate",
        )


@cache
def fingerprint() -> str:
    """Of every source that is compiled: the operators and the fold."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    for folder in (here.parent / "operators", here):
        for path in sorted(folder.rglob("*.py")):
            digest.update(f"{path.relative_to(here.parent)}\n".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


class _Jit:
    """Rebuilds functions so that all they call is compiled."""

    def __init__(self, numba: ModuleType, **options: Any) -> None:
        self._numba: Any = numba
        self._options = {"nogil": True, **options}
        self._made: dict[FunctionType, Any] = {}

    def outermost(self, function: Any, kinds: str, *, keep: bool) -> Any:
        """Compiled now (or read from the folder), for this signature and no other.

        Of `kinds`, a is an array of int64, i an int64; it gives an int64.
        """
        made = self._numba.njit(cache=keep, **self._options)(self._rebuilt(function))
        of = {"a": self._numba.types.int64[::1], "i": self._numba.types.int64}
        made.compile(self._numba.types.int64(*(of[kind] for kind in kinds)))
        made.disable_compile()
        return made

    def inner(self, function: FunctionType) -> Any:
        """Compiled when something that calls it is."""
        if function not in self._made:
            self._made[function] = self._numba.njit(**self._options)(self._rebuilt(function))
        return self._made[function]

    def _rebuilt(self, function: FunctionType) -> FunctionType:
        known = dict(function.__globals__)
        for name in function.__code__.co_names:
            if isinstance(known.get(name), FunctionType):
                known[name] = self.inner(known[name])
        made = FunctionType(function.__code__, known, function.__name__, function.__defaults__)
        made.__module__, made.__qualname__ = function.__module__, function.__qualname__
        return made
