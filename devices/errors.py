"""The root of the one error tree.

Every error names the operation, the object it failed on, what is wrong, and what to do about it,
so that a carer, a technician or a developer who reads it can act. `Refused` is their fault: bad
input of any kind. `Failed` is ours or the machine's.
"""

from collections.abc import Callable
from typing import Self


class Spoken(str):
    """A sentence of an error that people read on pages: English, and a template for translators.

        Spoken("the text has {count} characters", count=len(text))

    It is the English text wherever it goes; a page looks `template` up in the reader's language and
    fills `fields` in. Nothing is translated here.
    """

    __slots__ = ("fields", "template")
    template: str
    fields: dict[str, object]

    def __new__(cls, template: str, **fields: object) -> Self:
        """`template` as translators see it; `fields` are filled in by name."""
        spoken = super().__new__(cls, template.format(**fields) if fields else template)
        spoken.template, spoken.fields = template, fields
        return spoken

    def __reduce__(self) -> tuple[Callable[..., "Spoken"], tuple[str, dict[str, object]]]:
        """Errors cross process borders."""
        return _spoken, (self.template, self.fields)


def _spoken(template: str, fields: dict[str, object]) -> Spoken:
    return Spoken(template, **fields)


def said(error: Exception) -> str:
    """The words of an error that was raised with one sentence: still Spoken where they were."""
    words = error.args[0] if error.args else ""
    return words if isinstance(words, str) else str(error)


class HomecareError(Exception):
    """operation + object + problem + hint, always all four."""

    def __init__(self, operation: str, subject: str, problem: str, hint: str = "") -> None:
        self.operation = operation
        self.subject = subject
        self.problem = problem
        self.hint = hint
        super().__init__(str(self))

    def __str__(self) -> str:
        head = f"{self.operation}: {self.subject}: {self.problem}"
        return f"{head}. {self.hint}" if self.hint else head

    def __reduce__(self) -> tuple[type, tuple[str, str, str, str]]:
        """Errors cross process borders (back-tests run in a child)."""
        return type(self), (self.operation, self.subject, self.problem, self.hint)


class Refused(HomecareError):
    """Bad input: nothing was changed, and the sender can mend it."""


class Failed(HomecareError):
    """The operation could not be done here and now, through no fault of the input."""
