"""`--with FILE`: a developer's own devices, personas and faults, from one Python file.

The file is run: it is the developer's own, named on the command line, and may do what they may.
Nothing of it is kept; each command reads it anew. A YAML file is a persona, and nothing is run.
"""

import importlib.util
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from devices.errors import Refused

if TYPE_CHECKING:
    from types import ModuleType

    from simulators.catalogue import Catalogue
    from simulators.faults import Planned

ASK = "add to the simulators"
GUIDE = "See docs/developers/simulating.md"

With = Annotated[
    list[Path] | None,
    typer.Option(
        "--with",
        "-w",
        help="Your own devices, personas, faults: a Python file, or a persona's YAML. Repeatable.",
    ),
]

Faults = Annotated[
    Path | None,
    typer.Option("--faults", "-f", help="What goes wrong with devices and lines: a fault file."),
]


def planned(file: Path | None, own: "Catalogue") -> "tuple[Planned, ...]":
    """The faults of a file, one's own among them. Raises Refused, naming file and key."""
    from simulators.faults import load

    if file is None:
        return ()
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused("read faults", str(file), "it cannot be read", GUIDE) from error
    return load(text, str(file), own.kinds)


def catalogue(files: Sequence[Path] | None) -> "Catalogue":
    """What the files add, together. Raises Refused, naming file and name."""
    from simulators.catalogue import SHIPPED

    whole = SHIPPED
    for file in files or ():
        whole = whole.beside(_of(file))
    return whole


def _of(file: Path) -> "Catalogue":
    from simulators.catalogue import Catalogue
    from simulators.faults import Kind
    from simulators.homes.models import Model
    from simulators.people.persona import Persona

    if file.suffix in {".yaml", ".yml"}:
        return _persona(file)
    module = _run(file)
    models = _tuple(file, module, "DEVICES", Model)
    personas = _tuple(file, module, "PERSONAS", Persona)
    faults = _tuple(file, module, "FAULTS", Kind)
    if not (models or personas or faults):
        names = "DEVICES, PERSONAS or FAULTS"
        raise Refused(ASK, str(file), f"it defines no {names}", f"A tuple of them. {GUIDE}")
    _speakable(file, models)
    return Catalogue(models, personas, faults, source=str(file))


def _persona(file: Path) -> "Catalogue":
    from simulators.catalogue import Catalogue
    from simulators.people.reading import parse_persona

    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused("read a persona", str(file), "it cannot be read", GUIDE) from error
    return Catalogue(personas=(parse_persona(text, str(file)),), source=str(file))


def _run(file: Path) -> "ModuleType":
    if file.suffix != ".py" or not file.is_file():
        raise Refused(ASK, str(file), "there is no such Python file", GUIDE)
    name = f"homecare_with_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses of the file look for their module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise Refused(ASK, _line(file, error), f"{type(error).__name__}: {error}", GUIDE) from error
    return module


def _line(file: Path, error: Exception) -> str:
    """The file, and where in it."""
    if isinstance(error, SyntaxError):
        return f"{file}, line {error.lineno}"
    own = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(file)]
    return f"{file}, line {own[-1]}" if own else str(file)


def _tuple(file: Path, module: "ModuleType", name: str, kind: type[Any]) -> tuple[Any, ...]:
    found = getattr(module, name, ())
    if not isinstance(found, tuple):
        hint = f"Write {name} = (…,)"
        raise Refused(ASK, f"{file}, {name}", "it is no tuple", hint)
    for number, one in enumerate(found):
        if not isinstance(one, kind):
            problem = f"{type(one).__name__} is no {kind.__name__}"
            raise Refused(ASK, f"{file}, {name}[{number}]", problem, GUIDE)
    return found


def _speakable(file: Path, models: Sequence[Any]) -> None:
    """Signals, dialects and names, before weeks are generated."""
    from devices.dialects import BY_NAME
    from gateway.registry.fields import ID, nearest
    from simulators.columns import SIGNAL_INDEX

    for one in models:
        where = f"{file}, {one.name}"
        if not ID.fullmatch(one.name):
            raise Refused(ASK, where, "no name of a device", "Use a-z, 0-9 and -")
        for signal in one.signals:
            if signal not in SIGNAL_INDEX:
                hint = nearest(signal, SIGNAL_INDEX)
                raise Refused(ASK, where, f"there is no signal {signal!r}", hint.capitalize())
        known = BY_NAME.get(one.dialect)
        if known is None or known.encode is None:
            speaks = ", ".join(name for name, d in BY_NAME.items() if d.encode is not None)
            raise Refused(ASK, where, f"no dialect {one.dialect!r}", f"Known: {speaks}")
