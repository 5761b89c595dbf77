"""`homecare rules propose`: a rule file goes into a review."""

from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from api.cli.options import Config, Data, near
from api.cli.printing import say
from api.cli.rulefiles import read_file
from devices.errors import Refused


def propose(
    file: Annotated[Path, typer.Argument(help="A rule file.")],
    site: Annotated[str, typer.Option("--site", help="The site that decides about it.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, in a sentence.")],
    review: Annotated[
        int | None,
        typer.Option("--review", help="An open review of this rule; otherwise a new one."),
    ] = None,
    replaces: Annotated[
        int | None,
        typer.Option("--replaces", help="The number of the proposal on that review's table."),
    ] = None,
    config: Config = None,
    data: Data = None,
) -> None:
    """Bring a rule file into a review: people see it, try it in shadow, and decide.

    A rule that is new to the site is taken in as off; of a known one, this is another version.
    Its examples are run first; its replay over the site's past begins at once. It talks to the
    running gateway and needs the right to propose: put a token of somebody of the living lab into
    HOMECARE_TOKEN. A demo needs none.

    Examples:
      homecare rules propose kitchen-by-ten.yaml --site donegal --reason "She asked for it"

      homecare rules propose kitchen-by-ten.yaml --site donegal --review 3 --reason "By eleven"

      homecare rules propose by-ten.yaml --site donegal --review 3 --replaces 7 --reason "Later"

    """
    from api.cli import client
    from gateway.access import Role
    from rules.checks.admission import admitted
    from rules.rule import Rule

    read = read_file(file)
    if not isinstance(read, Rule):
        raise Refused("propose a rule", str(file), "it is a named expression", "Name a rule file")
    rule = admitted(read.text, file.name)
    caller = client.speaking(near(config, data).data, "propose a rule", Role.FACILITATOR)
    wish = {"values": {}, "reason": reason, "text": rule.text}
    if review is None:
        with client.naming("propose a rule", f"site {site}"):
            known = {one["rule"] for one in caller.get(f"/api/v1/rules?site={quote(site)}")}
            opened = {"site": site, "rule": rule.name, "question": reason}
            new = {} if rule.name in known else {"text": rule.text}
            # One request: where the proposal is refused, no empty review stays behind.
            review = caller.post("/api/v1/reviews", {**opened, **new, "propose": wish})["id"]
    else:
        hint = "The page Reviews lists those you may see; without --review a new one is opened"
        with client.naming("propose a rule", f"review {review}", hint):
            _of_site(caller.get(f"/api/v1/reviews/{review}")["review"]["site"], site, review)
            caller.post(f"/api/v1/reviews/{review}/proposals", {**wish, "proposal": replaces})
    where = f"{caller.url}/reviews/{review}"
    say(f"{rule.name} {rule.version} is proposed at {site}: {where}")
    say("It is replayed over the site's past, if there is one: the review's page shows its counts.")


def _of_site(found: str, site: str, review: int) -> None:
    """Raises Refused where a review is of another site than was said."""
    if found != site:
        hint = f"Say --site {found}, or name another review"
        raise Refused("propose a rule", f"review {review}", f"it is of {found}, not {site}", hint)
