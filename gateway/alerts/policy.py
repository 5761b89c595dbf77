"""Numbers of the care process, in one place: how long something holds, waits, or may be told.

Sites may later have their own; what they may never change is the condition (semantics 24).
"""

from collections.abc import Mapping

from gateway.alerts.episodes import Priority

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000

# An acknowledgement runs out: then nobody has it again ("Yours until 03:45 · Still on it").
HOLD_MS: Mapping[Priority, int] = {
    Priority.NOW: 30 * MINUTE,
    Priority.SOON: 30 * MINUTE,
    Priority.TODAY: 4 * HOUR,
    Priority.DEVICE: 24 * HOUR,
}

# A message that could not be delivered by then is history, not news.
NOT_AFTER_MS: Mapping[Priority, int] = {
    Priority.NOW: 2 * HOUR,
    Priority.SOON: 4 * HOUR,
    Priority.TODAY: 24 * HOUR,
    Priority.DEVICE: 24 * HOUR,
}

# Closes by itself so long after it was both acknowledged and back to usual. The time leaves a
# person the chance to say what it was; an absent priority never closes by itself.
CLOSES_ITSELF_MS: Mapping[Priority, int] = {
    Priority.TODAY: 24 * HOUR,
    Priority.DEVICE: 0,
}

UNDO_MS = 10 * MINUTE
BEFORE_MS = 30 * DAY  # "Before: 3 in 30 d: 2 useful, 1 false"
NOTE_LIMIT = 2_000  # characters
