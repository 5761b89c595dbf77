"""From what a scenario file says to effects, checked against each other."""

from devices.errors import Refused
from devices.signals import CATALOGUE
from simulators.catalogue import Catalogue
from simulators.forms import Form
from simulators.scenarios import form as forms
from simulators.scenarios.effects.body import Measured, Shift
from simulators.scenarios.effects.devices import Exchanged, Silent
from simulators.scenarios.effects.moving import Away, Fewer, Happens, Held, Visits
from simulators.scenarios.effects.scene import Course, Effect, When
from simulators.scenarios.form import Over, ScenarioForm, refuse


def effect_of(
    one: Form, file: str, key: str, scenario: ScenarioForm, catalogue: Catalogue
) -> Effect:
    """Raises ScenarioRefused, naming file and key."""
    start, end = getattr(one, "start", None), getattr(one, "until", None)
    if isinstance(start, When) and isinstance(end, When):
        _ordered(one, file, key, scenario, start, end)
    if getattr(one, "whose", 0) >= len(scenario.people):
        refuse(file, f"{key}.whose", "nobody of that number lives there", "0 is the first")
    match one:
        case forms.ShiftForm():
            (signal, *more) = one.shift
            if more:
                refuse(file, f"{key}.shift", "one signal at a time", "Write another effect")
            whose = one.whose if CATALOGUE[signal].subject == "resident" else None
            by = forms.counts_of(signal, one.by, file, f"{key}.by")
            return Shift(signal, by, _course(one), one.varies, whose)
        case forms.FewerForm():
            return Fewer(one.fewer, one.keep, _course(one), one.hours, one.place)
        case forms.VisitsForm():
            from_bed = one.from_bed == "yes"
            return Visits(one.visits, one.per_day, _course(one), one.hours, from_bed)
        case forms.HeldForm():
            signal = one.held[0]
            x = forms.counts_of(signal, one.to, file, f"{key}.to")
            then = None
            if one.then is not None:
                then = forms.counts_of(signal, one.then, file, f"{key}.then")
            return Held(signal, x, one.start, one.until, then, (one.model, one.place))
        case _:
            return _simple(one, file, key, catalogue)


def _simple(one: Form, file: str, key: str, catalogue: Catalogue) -> Effect:
    match one:
        case forms.MeasuredForm():
            return Measured(
                one.measured[0],
                _model(one.measured[0], file, f"{key}.measured", catalogue),
                one.at,
                one.whose,
            )
        case forms.EventForm():
            _model(one.model, file, f"{key}.model", catalogue)
            return Happens(one.event[0], one.at, one.model, one.place)
        case forms.AwayForm():
            return Away(one.start, one.until)
        case forms.SilentForm():
            names = _models(one.silent, file, f"{key}.silent", catalogue)
            return Silent(names, one.start, one.until)
        case forms.ExchangedForm():
            names = _models(one.exchanged, file, f"{key}.exchanged", catalogue)
            return Exchanged(names, one.start, one.until)
    raise AssertionError(one)


def _models(names: tuple[str, ...], file: str, key: str, catalogue: Catalogue) -> tuple[str, ...]:
    if names == ("home",):
        return ()
    for name in names:
        _model(name, file, key, catalogue)
    return names


def _model(name: str, file: str, key: str, catalogue: Catalogue) -> tuple[str, ...]:
    try:
        return catalogue.model(name).signals
    except Refused as error:
        refuse(file, key, f"{name!r}: {error.problem}", error.hint)


def _course(one: Over) -> Course:
    return Course(one.start, one.full or one.start, one.until, one.gone or one.until)


def _ordered(
    one: Form, file: str, key: str, scenario: ScenarioForm, start: When, end: When
) -> None:
    full, gone = getattr(one, "full", None), getattr(one, "gone", None)
    points = [("from", start), ("full", full), ("until", end), ("gone", gone)]
    last = start
    for name, when in points:
        if when is None:
            continue
        if (when.day, when.minute) < (last.day, last.minute):
            refuse(file, f"{key}.{name}", f"{when} lies before {last}", "Times go forward")
        if (when.day, when.minute) > (scenario.lasts, 0):
            problem = f"the scenario lasts {scenario.lasts} d"
            refuse(file, f"{key}.{name}", problem, "Let it last longer")
        last = when
    if end == start:
        refuse(file, f"{key}.until", "it ends when it begins", "Give a later time")
