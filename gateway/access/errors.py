"""What access refuses. Both errors look alike from outside: "not found" (see docs/adr/0007)."""

from devices.errors import Refused


class NotFound(Refused):
    """It does not exist, or this viewer may not know that it does."""


class NotAllowed(Refused):
    """The viewer's roles do not give this action at this site."""


def not_found(operation: str, what: str) -> NotFound:
    """The one sentence for what is missing and for what is hidden."""
    return NotFound(
        operation, what, "not found", "Check the address, or ask a coordinator for access"
    )
