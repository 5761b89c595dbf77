"""Which rule versions run at which site, and by what right.

    install_starter  founding mandates, 90 days of wall time; expiry shouts (`notices`)
    adopt            a review's decision puts a version live, in shadow or off at a stated instant
    offer            a rule from the library or of people here, entered as off: a review decides
    trial            a proposal in shadow for a while
    stop             back one step, at once; a review follows within 14 days
    set_parameter    a resident's own value within the adopted range
    switch           a rule off for one resident, or on again

For the engine host: when `revision` has risen, read `entries(conn, site)` (all of them, oldest
first, in the SITE's clock), take `running(found, watermark)`, look forward with `next_change`, and
give each resident `merged(entry, overrides(conn, site).get((rule_name, resident)))`.
"""

from gateway.rulebook.entries import (
    Entry,
    Mandate,
    MandateKind,
    Mode,
    entries,
    entry_by_id,
    in_force,
    live_entry,
    load_values,
    next_change,
    revision,
    running,
)
from gateway.rulebook.expiry import Notice, NoticeKind, notices
from gateway.rulebook.history import Change, history
from gateway.rulebook.mandates import Stopped, adopt, install_starter, stop, trial
from gateway.rulebook.offering import base_entry, offer
from gateway.rulebook.parameters import (
    merged,
    overrides,
    rule_of,
    set_parameter,
    setters,
    values_for,
    within,
)
from gateway.rulebook.switching import CALLS, Switched, off_for, switch, switched_off, turns
from gateway.rulebook.tables import change, entry, mandate, parameter, rule_version
from gateway.rulebook.versions import keep, text_hash

__all__ = [
    "CALLS",
    "Change",
    "Entry",
    "Mandate",
    "MandateKind",
    "Mode",
    "Notice",
    "NoticeKind",
    "Stopped",
    "Switched",
    "adopt",
    "base_entry",
    "change",
    "entries",
    "entry",
    "entry_by_id",
    "history",
    "in_force",
    "install_starter",
    "keep",
    "live_entry",
    "load_values",
    "mandate",
    "merged",
    "next_change",
    "notices",
    "off_for",
    "offer",
    "overrides",
    "parameter",
    "revision",
    "rule_of",
    "rule_version",
    "running",
    "set_parameter",
    "setters",
    "stop",
    "switch",
    "switched_off",
    "text_hash",
    "trial",
    "turns",
    "values_for",
    "within",
]
