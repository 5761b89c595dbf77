"""What homes are made of beyond what ships: a developer's own devices, personas and faults.

It is a value that is handed on, never a registry that a module writes itself into: `SHIPPED` adds
nothing. `api/cli/simulate/additions.py` reads one from a file.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from devices.errors import Refused
from simulators.faults.catalogue import FAULTS
from simulators.faults.form import Kind
from simulators.homes.models import MODELS, Model, model
from simulators.people.persona import Persona, persona


@dataclass(frozen=True, eq=False)  # known by itself: personas hold tables, which cannot be hashed
class Catalogue:
    """Models of devices, personas and faults, beside those that ship."""

    models: tuple[Model, ...] = ()
    personas: tuple[Persona, ...] = ()
    faults: tuple[Kind, ...] = ()
    source: str = field(default="", kw_only=True)  # where they stand, for messages

    def __post_init__(self) -> None:
        _once("a device", self.source, [one.name for one in self.models], _is_model)
        _once("a persona", self.source, [one.name for one in self.personas], _is_persona)
        _once("a fault", self.source, [one.name for one in self.faults], _is_fault)
        for who in self.personas:
            self._known(who, "kit", who.kit, self.model)
            self._known(who, "lives_with", who.lives_with, self.persona)

    def _known(
        self, who: Persona, key: str, names: tuple[str, ...], find: Callable[[str], object]
    ) -> None:
        for name in names:
            try:
                find(name)
            except Refused as error:
                where = ", ".join(one for one in (self.source, who.name, key) if one)
                problem = f"{name!r}: {error.problem}"
                raise Refused("add a persona", where, problem, error.hint) from error

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Every fault that a file may name: those that ship, then one's own."""
        return (*FAULTS, *self.faults)

    def model(self, name: str) -> Model:
        """The model of that name; Refused where there is none."""
        return model(name, self.models)

    def persona(self, name: str) -> Persona:
        """The persona of that name; Refused where there is none."""
        for one in self.personas:
            if one.name == name:
                return one
        try:
            return persona(name)
        except Refused as error:
            own = "".join(f", {one.name}" for one in self.personas)
            raise Refused(error.operation, name, error.problem, error.hint + own) from error

    def beside(self, other: "Catalogue") -> "Catalogue":
        """Both. Raises Refused where a name stands in each."""
        return Catalogue(
            (*self.models, *other.models),
            (*self.personas, *other.personas),
            (*self.faults, *other.faults),
            source=", ".join(one for one in (self.source, other.source) if one),
        )


def _once(what: str, source: str, names: list[str], ships: Callable[[str], bool]) -> None:
    for name in names:
        if names.count(name) > 1:
            problem = "stands twice"
        elif ships(name):
            problem = "ships with the product already"
        else:
            continue
        where = f"{source}, {name}" if source else name
        raise Refused(f"add {what}", where, f"the name {problem}", "Give it another name")


def _is_model(name: str) -> bool:
    return any(one.name == name for one in MODELS)


def _is_persona(name: str) -> bool:
    try:
        persona(name)
    except Refused:
        return False
    return True


def _is_fault(name: str) -> bool:
    return any(one.name == name for one in FAULTS)


SHIPPED = Catalogue()
