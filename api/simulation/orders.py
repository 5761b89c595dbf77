"""What people may see of simulators and tell them: rights, refusals, and a line in the audit.

Only sites that are registered as simulated have any of this: where real people live nothing is
staged, whoever asks.
"""

from collections.abc import Iterable
from typing import Any

from api.pace import speed_of
from api.simulation.desk import Desk, Run
from api.simulation.models import GivenOut, OrderIn, OrderOut, ReportedOut, ReportIn
from devices.errors import Refused, Spoken
from gateway.access import Action, Viewer, not_found
from gateway.access.audit import Verb, audit
from gateway.db import writing
from simulators.faults import plan
from simulators.scenarios.catalogue import SCENARIOS, scenario
from simulators.scenarios.course import Course, courses
from simulators.scenarios.staging import Scenario

REFUSE = "stage a scenario"


def simulated(gateway: Any, viewer: Viewer) -> list[str]:
    """Simulated sites at which this viewer may simulate."""
    sites = gateway.registry.directory.sites.values()
    return sorted(one.id for one in sites if one.demo and viewer.may(Action.SIMULATE, one.id))


def take(desk: Desk, gateway: Any, viewer: Viewer, report: ReportIn) -> ReportedOut:
    """A simulator's word. Raises Refused, NotFound."""
    _sites(gateway, viewer, report.sites)
    known = desk.run(report.run)
    if known is not None and known.report.sites != report.sites:
        raise not_found("report", "simulation")
    own = set(report.sites)
    if any(one.site not in own for one in [*report.planted, *(report.cast or ())]):
        raise Refused(
            "report",
            "a home",
            Spoken("it stands at none of the run's sites"),
            Spoken("Name its site"),
        )
    orders, wanted = desk.report(report, gateway.clock.now())
    return ReportedOut(orders=orders, cast_wanted=wanted)


def visible(desk: Desk, gateway: Any, viewer: Viewer) -> list[tuple[str, Run]]:
    """Runs at a site of the viewer's, newest word first."""
    mine = set(simulated(gateway, viewer))
    return [one for one in desk.runs() if mine & set(one[1].report.sites)]


def found(desk: Desk, gateway: Any, viewer: Viewer, run_id: str) -> Run:
    """One that the viewer may see. Raises NotFound."""
    run = desk.run(run_id)
    if run is None or not set(simulated(gateway, viewer)) & set(run.report.sites):
        raise not_found("open", "simulation")
    return run


def may_order(gateway: Any, viewer: Viewer, run: Run) -> bool:
    """Whether what concerns all of a run is theirs to decide."""
    return set(run.report.sites) <= set(simulated(gateway, viewer))


def give(desk: Desk, gateway: Any, viewer: Viewer, wanted: OrderIn) -> GivenOut:
    """Check, record, hand on. Raises Refused, NotFound."""
    run = found(desk, gateway, viewer, wanted.run)
    order, what = _checked(wanted, run)
    sites = [wanted.site] if wanted.site is not None else run.report.sites
    _sites(gateway, viewer, sites)
    now = gateway.clock.now()
    if run.state(now) in {"silent", "ended"}:
        raise Refused(
            "tell the simulator",
            what,
            Spoken("it does not answer") if run.state(now) == "silent" else Spoken("it has ended"),
            Spoken("Start it again: homecare simulate live"),
        )
    given = desk.order(wanted.run, order, what, viewer.name, now)
    if given is None:
        raise not_found("tell", "simulation")
    with writing(gateway.engine) as conn:
        for site in sites:
            audit(conn, viewer, Verb.SIMULATED, f"simulation:{site}", site, now, what)
    return given


def possible(run: Run, site: str, home: str) -> list[Scenario | Course]:
    """What can be staged in a home of the run."""
    cast = run.cast.get((site, home))
    if cast is None:
        return []
    have = set(cast.models)
    return [
        one for one in every_scenario() if set(one.needs) <= have and people_of(one) <= cast.people
    ]


def every_scenario() -> tuple[Scenario | Course, ...]:
    """Moments first: they are seen at once."""
    return (*SCENARIOS, *courses())


def people_of(one: Scenario | Course) -> int:
    """How many must live there."""
    return len(one.people) if isinstance(one, Course) else 1


def _sites(gateway: Any, viewer: Viewer, sites: Iterable[str]) -> None:
    known = gateway.registry.directory.sites
    for site in sites:
        if site not in known or not viewer.may(Action.SIMULATE, site):
            raise not_found("simulate", "site")
        if not known[site].demo:
            raise Refused(
                "simulate",
                site,
                Spoken("real people are registered there"),
                Spoken("Simulate on a site that is registered with `demo: yes`"),
            )


def _checked(wanted: OrderIn, run: Run) -> tuple[OrderOut, str]:
    """The order and how people call it. Raises Refused."""
    report, kind = run.report, wanted.kind
    if kind in {"start", "pause", "speed"} and report.wall:
        raise Refused(
            "change the clock",
            ", ".join(report.sites),
            Spoken("it is the wall's, which goes on by itself"),
            Spoken("Register the site with `clock: data`"),
        )
    if kind == "speed":
        speed = wanted.speed or ""
        asked = speed_of(speed)
        told = f"speed {asked:g}" if asked else "speed max"
        return OrderOut(order=0, kind=kind, speed=speed.strip()), told
    if kind == "scenario":
        return _scenario(wanted, run)
    if kind == "fault":
        return _fault(wanted, run)
    return OrderOut(order=0, kind=kind), kind


def _home(wanted: OrderIn, run: Run, operation: str) -> str:
    if wanted.site is None or wanted.home is None:
        raise Refused(
            operation, "no home", Spoken("it does not say where"), Spoken("Name site and home")
        )
    name = f"{wanted.site}/{wanted.home}"
    if (wanted.site, wanted.home) not in run.cast:
        raise Refused(
            operation,
            name,
            Spoken("no such home is simulated here"),
            Spoken("Choose one of the run's"),
        )
    return name


def _scenario(wanted: OrderIn, run: Run) -> tuple[OrderOut, str]:
    name = wanted.scenario or ""
    home = _home(wanted, run, REFUSE)
    known = scenario(name)
    if known not in possible(run, wanted.site or "", wanted.home or ""):
        needs = ", ".join(known.needs)
        raise Refused(
            REFUSE,
            f"{name} in {home}",
            Spoken("the home has not what it needs"),
            Spoken("It needs: {needs}", needs=needs)
            if needs
            else Spoken("{known} people must live there", known=people_of(known)),
        )
    order = OrderOut(
        order=0, kind="scenario", site=wanted.site, home=wanted.home, scenario=known.name
    )
    return order, f"{known.name} in {home}"


def _fault(wanted: OrderIn, run: Run) -> tuple[OrderOut, str]:
    home = _home(wanted, run, "lay a fault")
    fault = dict(wanted.fault or {})
    for key in ("home", "site", "from", "until"):
        if key in fault:
            raise Refused(
                "lay a fault",
                home,
                Spoken("`{key}` is not said here", key=key),
                Spoken("It begins now; `for` says how long"),
            )
    plan({**fault, "home": home}, "order")
    order = OrderOut(order=0, kind="fault", site=wanted.site, home=wanted.home, fault=fault)
    return order, f"{fault['fault']} in {home}"
