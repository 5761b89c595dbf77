"""An alert's timeline in words: one message for each kind of fact, no blame in any."""

from collections.abc import Mapping

from api.pages.tables import DISPOSITIONS, RESPONSES
from api.pages.words import Words
from gateway.alerts.episodes import EventKind, TimelineEntry
from gateway.texts import N_, catalogue

SAYS: Mapping[EventKind, str] = {
    EventKind.RAISED: N_("Raised"),
    EventKind.AGAIN: N_("It happened again"),
    EventKind.AGAIN_LOUD: N_("It happened again; nobody has it now"),
    EventKind.MOVED: N_("Late readings: it began at another time"),
    EventKind.RETURNED: N_("Back to usual"),
    EventKind.UNKNOWN: N_("Not measured any more: we cannot see whether it is over"),
    EventKind.KNOWN: N_("Measured again"),
    EventKind.ACKNOWLEDGED: N_("%(who)s has it"),
    EventKind.STILL_ON_IT: N_("%(who)s is still on it"),
    EventKind.TAKEN_OVER: N_("%(who)s took it over from %(had)s"),
    EventKind.RAN_OUT: N_("The time of %(had)s ran out: nobody has it now"),
    EventKind.NOTE: N_("%(who)s wrote"),
    EventKind.CLOSED: N_("%(who)s closed it: %(was)s, %(did)s"),
    EventKind.CLOSED_ITSELF: N_("Closed by itself: over, and somebody had seen it"),
    EventKind.WITHDRAWN: N_("Not watched any more: consent or rule ended"),
    EventKind.UNDONE: N_("%(who)s took that back"),
    EventKind.INHIBITED: N_("Explained by a broader cause: %(by)s"),
    EventKind.FREED: N_("The broader cause is over, this is not"),
    EventKind.TOLD: N_("Told to the team"),
    EventKind.NOBODY_TOLD: N_("Nobody was told"),
    EventKind.KEPT_NOTE: N_("%(who)s came second; %(had)s has it. What was sent is kept"),
    EventKind.SHADOW: N_("A rule on trial saw it; no live rule told it"),
    EventKind.HELD_BACK: N_("Told at most once in a while: nobody is told of it before %(until)s"),
    EventKind.UNFOUNDED: N_("Late readings: with them it would not have been raised"),
}
STRONG = frozenset(
    {EventKind.ACKNOWLEDGED, EventKind.TAKEN_OVER, EventKind.CLOSED, EventKind.STILL_ON_IT}
)
BAD = frozenset({EventKind.RAISED, EventKind.AGAIN_LOUD, EventKind.NOBODY_TOLD, EventKind.RAN_OUT})


def timeline_class(entry: TimelineEntry) -> str:
    """How loud the dot is."""
    if entry.kind in BAD:
        return "bad"
    return "strong" if entry.kind in STRONG else ""


def timeline_words(entry: TimelineEntry, zone: str, language: str) -> str:
    """The fact as a sentence, with the time at which an offline action was really done."""
    words, translate = Words(language), catalogue(language).gettext
    detail = entry.detail
    nobody = translate("somebody")
    text = translate(SAYS[entry.kind]) % {
        "who": entry.by_name or nobody,
        "had": detail.get("had_name") or detail.get("has") or detail.get("had") or nobody,
        "by": detail.get("by", ""),
        "until": words.clock_near(detail["until"], zone, entry.at) if "until" in detail else "",
        "was": words.look_up(DISPOSITIONS)(detail.get("disposition", "")).lower(),
        "did": words.look_up(RESPONSES)(detail.get("response", "")).lower(),
    }
    if entry.kind is EventKind.NOBODY_TOLD and detail.get("reason"):
        text = f"{text}: {detail['reason']}"
    if entry.kind is EventKind.RAISED and detail.get("late"):
        text = f"{text} {translate('(late: the readings came afterwards)')}"
    if entry.done_at is not None and entry.at - entry.done_at > 60_000:
        done = translate("(done %(time)s, sent later)") % {"time": words.clock(entry.done_at, zone)}
        text = f"{text} {done}"
    return text
