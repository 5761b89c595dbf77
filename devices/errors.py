"""The root of the one error tree.

Every error names the operation, the object it failed on, what is wrong, and what to do about it,
so that a carer, a technician or a developer who reads it can act. `Refused` is their fault: bad
input of any kind. `Failed` is ours or the machine's.
"""


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
