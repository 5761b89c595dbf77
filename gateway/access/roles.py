"""Who may do what: the closed set of actions, and one table from role to actions.

What a role may do at a site is the union over its roles there. Residents and relatives have their
actions only on residents of their own (`OWN_ONLY`). Technicians and administrators see no
readings, no Why and no payloads: a test holds that this table never gives them one.
"""

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """What a person is at a site."""

    RESIDENT = "resident"  # or the representative whom a resident chose
    FAMILY = "family"
    CARER = "carer"
    COORDINATOR = "coordinator"
    NURSE = "nurse"
    FACILITATOR = "facilitator"
    CHAMPION = "champion"
    DECIDER = "decider"
    TECHNICIAN = "technician"
    ADMIN = "admin"


class Action(StrEnum):
    """All that access decides about."""

    # care
    SEE_RESIDENTS = "see residents"  # name, age, home, phone, paused or away
    SEE_READINGS = "see readings"
    SEE_WHY = "see why"  # which values at which times made a rule speak
    SEE_ALERTS = "see alerts"  # care alerts
    ACT_ON_ALERTS = "act on alerts"  # acknowledge, take over, note, close
    SPEAK_OF_ALERTS = "speak of alerts"  # say what an alert was, without closing it
    SEE_AUDIT = "see who looked"
    PAUSE_MONITORING = "pause monitoring"
    PAUSE_ALARMS = "pause alarms"  # SOS and the like: its own confirmation
    RECORD_CONSENT = "record consent"
    WITHDRAW_CONSENT = "withdraw consent"
    SHARE = "share with relatives"
    SET_PARAMETER = "set a resident's limits"  # within the adopted range
    STOP_RULE = "stop a rule"
    # devices
    SEE_DEVICES = "see devices"  # heard, battery, room: no values; device alerts
    MANAGE_DEVICES = "manage devices"  # place, move, credential; acknowledge device alerts
    SEE_DEAD_LETTERS = "see dead letters"  # reason, topic, size
    SEE_PAYLOADS = "see payloads"  # the bytes
    REPLAY_DEAD_LETTERS = "replay dead letters"
    # living lab
    SEE_RULES = "see rules"
    SEE_REVIEWS = "see reviews"
    PROPOSE = "propose a change"
    RUN_REVIEW = "run a review"  # open it, set its times, replay its proposals
    TAKE_POSITION = "take a position"
    DECIDE = "decide a review"  # the quorum is the review's business
    SEE_PROGRAMME = "see the programme"  # aggregates only
    # running the place
    IMPORT_REGISTRY = "import the registry"
    MANAGE_USERS = "manage users"
    ISSUE_TOKENS = "issue tokens to programs"
    SEE_OPERATIONS = "see operations"
    SIMULATE = "simulate"  # on demo sites


_LIVING_LAB = {Action.SEE_RULES, Action.SEE_REVIEWS, Action.PROPOSE}
_OWN = {
    Action.SEE_RESIDENTS,
    Action.SEE_READINGS,
    Action.SEE_WHY,
    Action.SEE_ALERTS,
    Action.SPEAK_OF_ALERTS,
    *_LIVING_LAB,
    Action.TAKE_POSITION,
}
_CARE = {
    Action.SEE_RESIDENTS,
    Action.SEE_READINGS,
    Action.SEE_WHY,
    Action.SEE_ALERTS,
    Action.ACT_ON_ALERTS,
    Action.SPEAK_OF_ALERTS,
    Action.SEE_AUDIT,
    Action.PAUSE_MONITORING,
    Action.SEE_DEVICES,
    Action.SEE_DEAD_LETTERS,
    Action.SEE_PAYLOADS,
    *_LIVING_LAB,
    Action.TAKE_POSITION,
}
_PROGRAMME = {*_LIVING_LAB, Action.TAKE_POSITION, Action.SEE_PROGRAMME}
_TECHNICAL = {
    Action.SEE_DEVICES,
    Action.MANAGE_DEVICES,
    Action.SEE_DEAD_LETTERS,
    Action.REPLAY_DEAD_LETTERS,
    Action.SEE_RULES,
    Action.SEE_REVIEWS,
    Action.SEE_OPERATIONS,
    Action.SIMULATE,
}

ACTIONS: Mapping[Role, frozenset[Action]] = {
    Role.RESIDENT: frozenset(
        {
            *_OWN,
            Action.SEE_AUDIT,
            Action.PAUSE_MONITORING,
            Action.PAUSE_ALARMS,
            Action.WITHDRAW_CONSENT,
            Action.SHARE,
        }
    ),
    Role.FAMILY: frozenset(_OWN),
    Role.CARER: frozenset(_CARE),
    Role.NURSE: frozenset({*_CARE, Action.SET_PARAMETER, Action.PAUSE_ALARMS}),
    Role.COORDINATOR: frozenset(
        {
            *_CARE,
            Action.SET_PARAMETER,
            Action.PAUSE_ALARMS,
            Action.RECORD_CONSENT,
            Action.WITHDRAW_CONSENT,
            Action.SHARE,
            Action.STOP_RULE,
            Action.REPLAY_DEAD_LETTERS,
            Action.ISSUE_TOKENS,
            Action.SEE_PROGRAMME,
        }
    ),
    Role.FACILITATOR: frozenset({*_PROGRAMME, Action.RUN_REVIEW}),
    Role.CHAMPION: frozenset({*_PROGRAMME, Action.RUN_REVIEW}),
    Role.DECIDER: frozenset({*_PROGRAMME, Action.DECIDE}),
    Role.TECHNICIAN: frozenset(_TECHNICAL),
    Role.ADMIN: frozenset(
        {
            *_TECHNICAL,
            Action.IMPORT_REGISTRY,
            Action.MANAGE_USERS,
            Action.ISSUE_TOKENS,
            Action.SEE_PROGRAMME,
        }
    ),
}

# Whose actions reach only the residents that are theirs: themselves, or who shares with them.
OWN_ONLY = frozenset({Role.RESIDENT, Role.FAMILY})
