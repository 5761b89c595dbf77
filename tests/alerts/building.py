"""Builders for stories about alerts."""

from dataclasses import replace

from gateway.alerts.episodes import ChangeKind, EpisodeChange, Evidence, Mode, Priority, Technical

ONSET = 1_762_000_000_000
MINUTE = 60_000
HOUR = 60 * MINUTE


def a_change(kind=ChangeKind.ONSET, **fields):
    """SpO2 low for Anna, noticed five minutes after its onset."""
    base = EpisodeChange(
        site="donegal",
        home="home-1",
        resident="anna",
        subject="resident:anna",
        rule_name="spo2-low",
        version="v1",
        mode=Mode.LIVE,
        priority=Priority.SOON,
        kind=kind,
        onset_at=ONSET,
        noticed_at=ONSET + 5 * MINUTE,
        since=ONSET,
        evidence=(Evidence("below", "spo2", None, ONSET, 86, 7 << 16 | 2),),
        title="SpO2 is low",
        phrase={"key": "below", "args": {"limit": 88}},
        guidance=("Phone her",),
    )
    return replace(base, **fields)


def an_end(at=ONSET + HOUR, **fields):
    return a_change(ChangeKind.END, ended_at=at, noticed_at=at, **fields)


def an_sos(at=ONSET, kind=ChangeKind.ONSET, **fields):
    return a_change(
        kind,
        rule_name="sos",
        priority=Priority.NOW,
        onset_at=at,
        noticed_at=at,
        since=at,
        loud=True,
        **fields,
    )


def a_finding(kind="device-silent", key="home-1/motion", *, active=True, at=ONSET, **fields):
    return Technical(kind, "donegal", key, at, active, home="home-1", **fields)
