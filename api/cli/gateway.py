"""The gateway's own process: `python -m api.cli.gateway`, a child of the supervisor.

Settings come as JSON on standard input, so that no password stands in an argument or in a file.
It ends with its supervisor, on SIGTERM, and on Ctrl-C; what was taken in is journalled by then.
"""

import gc
import json
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

from devices.errors import HomecareError, Refused

if TYPE_CHECKING:
    import sqlalchemy as sa

    from gateway.config import Settings
    from gateway.registry import Directory

LABEL = "this machine"
REFUSED, FAILED = 2, 1
YOUNG = 5_000  # new objects between two looks of the collector at the youngest


def main() -> None:
    """Read the settings, run until told to stop."""
    told = json.load(sys.stdin)
    # Uvicorn ends on a signal and then raises it again; without a handler that would be the end
    # before anything is stopped in order.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    try:
        serve(told)
    except HomecareError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(FAILED) from error


def serve(told: dict[str, Any]) -> None:
    """Build, start, serve pages, stop in reverse."""
    from api.app import build_app
    from api.cli.supervise import configure_log
    from gateway.config import Settings
    from gateway.run import build

    settings = Settings(**told)
    configure_log(settings)
    gateway = build(settings)
    app = build_app(gateway)
    if settings.demo:
        from api.cli.demo.prepare import read_panel

        _refuse_real(gateway.registry.directory)
        app.state.demo = read_panel(settings.data)
    gateway.start()
    _spare_the_collector()
    try:
        _serve_pages(app, settings, gateway.engine, gateway.clock.now())
    finally:
        gateway.stop()


def _spare_the_collector() -> None:
    """What was loaded at the start stays: the cyclic collector need not walk it again and again.

    A full collection stops every thread, also the one that carries a call for help; over the
    heap of a started gateway it took 60 to 360 ms, over what came since a few.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 20)


def _refuse_real(directory: "Directory") -> None:
    """A demo shows passwords and hands out links: no real person's data belongs there."""
    real = sorted(site.id for site in directory.sites.values() if not site.demo)
    if real:
        raise Refused(
            "start the demo", ", ".join(real), "no demo site", "Serve it: homecare serve --data …"
        )


def _serve_pages(app: Any, settings: "Settings", engine: "sa.Engine", now: int) -> None:
    import uvicorn

    from api.cli import runtime

    web = settings.web
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=web.host,
            port=web.port,
            log_config=None,
            access_log=False,
            ssl_certfile=web.certificate,
            ssl_keyfile=web.key,
            timeout_graceful_shutdown=3,  # an event stream never ends by itself
            proxy_headers=web.public_url is not None,
            server_header=False,
        )
    )
    runtime.write(
        settings.data,
        runtime.Runtime(
            url=local_url(settings),
            pid=os.getpid(),
            token=_own_token(engine, now),
            certificate=str(web.certificate.resolve()) if web.certificate else None,
        ),
    )
    try:
        server.run()
    finally:
        runtime.remove(settings.data)


def local_url(settings: "Settings") -> str:
    """The web's address for this machine."""
    web = settings.web
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(web.host, web.host)  # noqa: S104
    return f"{'https' if web.certificate else 'http'}://{host}:{web.port}"


def _own_token(engine: "sa.Engine", now: int) -> str:
    """A token for commands on this machine; that of an earlier run ends."""
    from gateway.access import SYSTEM, Role, tokens
    from gateway.db import writing

    with writing(engine) as conn:
        for old in tokens.listing(conn, SYSTEM, now):
            if old.label == LABEL:
                tokens.revoke(conn, SYSTEM, old.id, now)
        return tokens.issue(conn, SYSTEM, LABEL, [("*", Role.ADMIN)], now, days=365)


if __name__ == "__main__":
    main()
