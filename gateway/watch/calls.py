"""A call for help that cannot be said to be one person's: told all the same, as the home's."""

from devices.reading import Reading
from gateway.alerts.episodes import ChangeKind, EpisodeChange, Evidence, Mode, Priority
from gateway.registry import SiteEntry
from gateway.texts import N_
from gateway.watch import subjects
from gateway.watch.subjects import ORDER_BITS

UNATTRIBUTED = "call-unattributed"


def unattributed_call(site: SiteEntry, one: Reading, now: int) -> EpisodeChange:
    """An SOS or a fall in a home where several people live, or nobody is recorded."""
    evidence = Evidence(
        "0", one.signal, one.place, one.at, one.x, one.offset << ORDER_BITS | one.index
    )
    return EpisodeChange(
        site=site.id,
        home=one.home,
        resident=None,
        subject=subjects.of_home(site.id, one.home),
        rule_name=UNATTRIBUTED,
        version="",
        mode=Mode.LIVE,
        priority=Priority.NOW,
        kind=ChangeKind.ONSET,
        onset_at=one.at,
        noticed_at=now,
        since=one.at,
        ended_at=one.at,  # a moment; the alert stays until somebody has looked
        settles=False,
        evidence=(evidence,),
        title=N_("Somebody in this home calls for help"),
        guidance=(N_("Phone the home at once"), N_("Then record whose the button is")),
        loud=True,
        late=now - one.at > 300_000,
    )
