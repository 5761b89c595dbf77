"""Which rule watches whom: the rulebook and the registry, crossed. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from devices.errors import HomecareError
from gateway.alerts.episodes import Mode
from gateway.intake.placing import CALLS
from gateway.registry import Directory
from gateway.rulebook import Entry, merged, rule_of, switched_off
from gateway.rulebook import Mode as RuleMode
from gateway.watch import subjects
from rules.file.language import Rule
from rules.plan import Plan, plan

Overrides = Mapping[tuple[str, str], Mapping[str, Decimal]]  # (rule, resident) -> own values


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One rule watching one subject. `key` stays the same when version or numbers change."""

    key: str
    home: str
    subject: str
    resident: str | None
    version: str
    mode: Mode
    plan: Plan
    since: int = 0  # site's clock: in force with this plan from then on

    @property
    def rule(self) -> Rule:
        return self.plan.rule

    @property
    def loud(self) -> bool:
        """An SOS or a fall: each one is new."""
        return any(ref.signal in CALLS for ref in self.rule.uses)

    def same(self, other: "Enrolment | None") -> bool:
        """Whether the engine would do the same."""
        return (
            other is not None
            and self.plan is other.plan
            and (self.home, self.mode, self.version) == (other.home, other.mode, other.version)
        )


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule of the rulebook that cannot run, and why."""

    rule_name: str
    version: str
    problem: str


def desired(
    running: Iterable[Entry],
    overrides: Overrides,
    directory: Directory,
    site: str,
    at: int,
) -> tuple[dict[str, Enrolment], list[Broken]]:
    """What should be enrolled at `at` (site's clock), by key."""
    found: dict[str, Enrolment] = {}
    broken: list[Broken] = []
    place = directory.sites[site]
    for entry in running:
        try:
            rule = rule_of(entry.text)
            for home, subject, resident in _subjects(rule, directory, site, at):
                own = overrides.get((entry.rule_name, resident)) if resident else None
                if switched_off(own):
                    continue
                key = f"{entry.rule_name}|{entry.lane.value}|{subject}"
                live = entry.mode is RuleMode.LIVE and place.live
                found[key] = Enrolment(
                    key,
                    home,
                    subject,
                    resident,
                    entry.version,
                    Mode.LIVE if live else Mode.SHADOW,
                    planned(
                        entry.text,
                        tuple(sorted(merged(entry, own).items())),
                        place.zone,
                        place.holidays,
                    ),
                    at,
                )
        except HomecareError as error:
            broken.append(Broken(entry.rule_name, entry.version, str(error)))
    return found, broken


def next_boundary(directory: Directory, site: str, after: int) -> int | None:
    """The first moment later than `after` at which somebody moves, agrees or withdraws, or a
    device is placed or taken away.
    """
    moments = [
        moment
        for resident in directory.residents(site)
        for span in (*resident.occupancies, *resident.consents)
        for moment in (span.from_at, span.to_at)
        if moment is not None and moment > after
    ]
    moments += [
        moment
        for device in directory.devices(site)
        for moment, _ in device.history
        if moment > after
    ]
    return min(moments, default=None)


@lru_cache(maxsize=4_096)
def planned(
    text: str, values: tuple[tuple[str, Decimal], ...], zone: str, holidays: str = ""
) -> Plan:
    """The one plan of a rule with these numbers: residents with the same share it."""
    return plan(rule_of(text), dict(values), zone, holidays)


def _subjects(
    rule: Rule, directory: Directory, site: str, at: int
) -> Iterator[tuple[str, str, str | None]]:
    """(home, subject, resident) of everybody whom the rule is for and who has agreed."""
    if rule.subject == "home":
        for home in directory.homes(site):
            living = [directory.resident(one) for one in home.occupants(at)]
            if any(one is not None and one.consented(at) for one in living):
                yield home.id, subjects.of_home(site, home.id), home.sole_occupant(at)
        return
    for resident in directory.residents(site):
        living_in = resident.home(at)
        if living_in is not None and resident.consented(at):
            yield living_in, subjects.of_resident(resident.id), resident.id
