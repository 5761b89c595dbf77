"""`homecare simulate scenarios`: what can happen, and what of it somebody should be told."""

from typing import Annotated

import typer

from api.cli.printing import say, table


def show(
    name: Annotated[str | None, typer.Argument(help="Print this scenario's file.")] = None,
) -> None:
    """List the scenarios by file; or print one, to begin one's own from.

    Examples:
      homecare simulate scenarios

      homecare simulate scenarios cold-house > my-scenario.yaml

    """
    from reviews.score import courses
    from simulators.scenarios.catalogue import scenario
    from simulators.scenarios.course import Course

    if name is not None:
        found = scenario(name)
        say(found.text.rstrip() if isinstance(found, Course) else found.title)
        return
    rows = [
        (
            one.name,
            ", ".join(one.people),
            f"{one.days} d",
            ", ".join(f"{t.situation} ({t.how_soon})" for t in one.truths) or "nothing to tell",
        )
        for one in courses()
    ]
    table(("scenario", "who", "lasts", "somebody should be told"), rows)
