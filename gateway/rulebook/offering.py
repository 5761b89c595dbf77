"""Taking a rule into a site's rulebook before anything is decided of it.

A rule of the library, or one that people here wrote, is entered as off: it watches nobody, so it
needs no mandate. From then on a review can be opened about it, a trial can run it in shadow, and
only a decision puts it live.
"""

import sqlalchemy as sa

from devices.errors import Refused, Spoken
from gateway.access import Action, Viewer
from gateway.access.audit import Verb, audit
from gateway.rulebook.entries import Entry, Mode, dump_values, entries, live_entry
from gateway.rulebook.pen import Pen
from rules.file.language import Rule

SINCE = 0  # off from the site's beginning, whatever its clock says


def offer(conn: sa.Connection, viewer: Viewer, site: str, rule: Rule, reason: str, now: int) -> int:
    """Enter `rule` as off; returns the entry's id. Raises Refused if the rulebook knows its name.

    Another version of a rule that is known is a proposal, and belongs into a review.
    """
    viewer.require(Action.PROPOSE, site)
    pen = Pen(conn, viewer, site, rule.name, now)
    if any(one.rule_name == rule.name for one in entries(conn, site)):
        raise Refused(
            "take in a rule",
            pen.what,
            Spoken("a rule of this name is known here"),
            Spoken("Propose the change in a review of it, or give the new rule another name"),
        )
    values = rule.defaults()
    entry_id = pen.enter(rule, Mode.SHADOW, Mode.OFF, values, SINCE, None)
    pen.tell("offered", reason.strip(), SINCE, entry_id=entry_id, after=dump_values(values))
    audit(conn, viewer, Verb.OFFERED_RULE, f"rule:{rule.name}", site, now, reason.strip())
    return entry_id


def base_entry(conn: sa.Connection, site: str, rule_name: str, at: int) -> Entry | None:
    """What a change of a rule is measured against at `at`, in the site's clock.

    What is in force in the live lane, maybe off; of a rule that never was live, what was offered.
    """
    live = live_entry(conn, site, rule_name, at)
    if live is not None:
        return live
    offered = (
        one
        for one in entries(conn, site)
        if one.rule_name == rule_name and one.lane is Mode.SHADOW and one.mode is Mode.OFF
    )
    return next((one for one in offered if one.effective_at == SINCE), None)
