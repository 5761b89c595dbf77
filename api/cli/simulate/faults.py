"""`homecare simulate faults` and `personas`: what can go wrong, and who can live there."""

from typing import Annotated

import typer

from api.cli.printing import say, table


def show_faults(
    name: Annotated[str | None, typer.Argument(help="Print an entry of this fault.")] = None,
) -> None:
    """List what can go wrong with devices and lines; or print one as a file, to begin from.

    Examples:
      homecare simulate faults

      homecare simulate faults mobile > my-faults.yaml

    """
    from devices.errors import Refused
    from simulators.faults import FAULTS, Parameter
    from simulators.forms import nearest

    def told(one: Parameter) -> str:
        return f"{one.name} ({'needed' if one.required else one.default or 'left out'})"

    if name is None:
        rows = [
            (kind.name, kind.title, ", ".join(told(one) for one in kind.parameters) or "-")
            for kind in FAULTS
        ]
        table(
            ("fault", "what goes wrong", "keys of its own, and what they are when left out"), rows
        )
        return
    kind = next((one for one in FAULTS if one.name == name), None)
    if kind is None:
        hint = nearest(name, [one.name for one in FAULTS])
        raise Refused("show a fault", name, "no such fault", hint)
    say("faults:")
    say(f"  - fault: {kind.name}")
    say("    home: all  # or donegal/home-1, a list of homes; or `site: donegal`")
    if not kind.whole_home:
        say("    # devices: [motion-kitchen]  # ids or models; left out: the whole home")
    say("    from: day 1 02:10  # local; or `90 min` after the beginning; or RFC 3339")
    say("    for: 6 h  # or `until: day 2`; left out: for good")
    for one in kind.parameters:
        mark = "" if one.required else "# "
        say(f"    {mark}{one.name}: {one.default}  # {one.what}")


def show_personas(
    name: Annotated[str | None, typer.Argument(help="Print this persona's file.")] = None,
) -> None:
    """List who can live in a simulated home; or print one, to begin one's own from.

    Examples:
      homecare simulate personas

      homecare simulate personas frail > my-persona.yaml

    """
    from simulators.people.persona import PERSONAS, text_of

    if name is not None:
        say(text_of(name).rstrip())
        return
    rows = [
        (
            one.name,
            one.title,
            ", ".join(one.kit),
            ", ".join(dict.fromkeys(visit.who for visit in one.visits)) or "nobody",
        )
        for one in PERSONAS
    ]
    table(("persona", "who", "devices of their own", "who comes by"), rows)
