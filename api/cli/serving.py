"""`homecare serve`."""

from api.cli.options import Config, Data, settings
from api.cli.printing import say


def serve(config: Config = None, data: Data = None) -> None:
    """Run the gateway: broker, intake, rules, pages. Ctrl-C or SIGTERM stops everything.

    A taken port is refused. Both processes are watched and started again.

    Examples:
      homecare serve

      homecare serve --config /etc/homecare/homecare.toml

    """
    from api.cli.gateway import local_url
    from api.cli.supervise import Supervisor, configure_log, until_signal
    from gateway.clock import SystemClock

    chosen = settings(config, data)
    configure_log(chosen)
    supervisor = Supervisor(chosen, SystemClock(), say)
    until_signal(supervisor)
    try:
        supervisor.start()
        where = chosen.broker.url or (supervisor.broker and f"port {supervisor.broker.port}")
        pages = chosen.web.public_url or local_url(supervisor.settings)
        say(f"Serving. Pages: {pages}  Broker: {where}")
        supervisor.wait()
        say("Stopping …")
    finally:
        supervisor.stop()
    say("Stopped.")
