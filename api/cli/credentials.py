"""`homecare credential`: a new password for a hub or device whose old one is lost."""

from typing import Annotated

import typer

from api.cli.options import Config, Data, near
from api.cli.printing import say, table


def credential(
    login: Annotated[str, typer.Argument(help="The broker user, as `homecare import` printed it.")],
    config: Config = None,
    data: Data = None,
) -> None:
    """Give a hub or device a new password for the broker; the old one stops working at once.

    The password is shown this once: write it into the hub.

    Example:
      homecare credential donegal.home-1.my-oximeter

    """
    from api.cli.databases import state
    from gateway.access import SYSTEM
    from gateway.clock import SystemClock
    from gateway.db import writing
    from gateway.registry import rotate

    with state(near(config, data)) as engine, writing(engine) as conn:
        made = rotate(conn, SYSTEM, login, SystemClock().now())
    table(("user", "password"), [(made.login, made.password)])
    say("Shown this once. A running gateway's broker takes it within a second.")
