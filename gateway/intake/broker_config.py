"""The embedded broker's configuration, and the file that says where it is. Pure text.

Two files: `nats.conf` stays as long as the broker lives, `users.conf` is written anew and read
again on SIGHUP, which keeps every session.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from devices.errors import Failed
from gateway.config import Settings
from gateway.mqtt import Address
from gateway.registry.credentials import Credential, hashed

GATEWAY_USER = "gateway"
CLIENT_ID = "homecare-gateway"
LOG_MIB = 10
ACK_WAIT_S = 10  # after which an unacknowledged message is delivered again
# Messages that may be on their way: of one subscription (the broker takes it down when the
# subscription is made), and of a session. A session has room for all its subscriptions' at once: a
# message for which there is none is dropped, and comes again only when `ACK_WAIT_S` is over.
WINDOW_OF_ONE = 2_048
WINDOW = 4 * WINDOW_OF_ONE


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the embedded broker is; lies beside it, readable by its owner only."""

    host: str
    port: int
    monitor: int  # HTTP port on loopback
    pid: int
    password: str  # of the user "gateway", new at each start of the supervisor
    log: str
    certificate: str | None = None  # the listener speaks TLS, with this one

    def address(self, username: str, password: str) -> Address:
        """For a client on this machine."""
        return Address(
            self.host,
            self.port,
            username,
            password,
            tls=self.certificate is not None,
            pinned=Path(self.certificate) if self.certificate else None,
        )

    def gateway(self) -> Address:
        """For the gateway itself."""
        return self.address(GATEWAY_USER, self.password)


def folder(settings: Settings) -> Path:
    """Everything of the embedded broker."""
    return settings.data / "broker"


def read_endpoint(settings: Settings) -> Endpoint:
    """Raises Failed where no embedded broker has been started on this data folder."""
    file = folder(settings) / "endpoint.json"
    try:
        return Endpoint(**json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise Failed(
            "find the broker", str(file), str(error), "Start it with `homecare serve`"
        ) from error


def write_private(file: Path, text: str) -> None:
    """In one step, readable by its owner only."""
    part = file.with_suffix(".part")
    part.touch(mode=0o600)
    part.write_text(text, encoding="utf-8")
    part.replace(file)


def write_endpoint(settings: Settings, endpoint: Endpoint) -> None:
    write_private(folder(settings) / "endpoint.json", json.dumps(asdict(endpoint)))


def server_text(settings: Settings, port: int, monitor: int, window: int = WINDOW) -> str:
    """`nats.conf`. Every number is explained in ADR 0001."""
    where, broker = folder(settings).resolve(), settings.broker
    sync = ", sync_interval: always" if broker.durable else ""
    tls = ""
    if broker.certificate is not None:
        key = broker.key or broker.certificate
        tls = (
            f"\n  tls {{ cert_file: {_quoted(broker.certificate.resolve())},"
            f" key_file: {_quoted(key.resolve())} }}"
        )
    return f"""# Written by the gateway at each start: changes here are lost.
server_name: homecare
host: 127.0.0.1
port: -1
http: "127.0.0.1:{monitor}"
pid_file: {_quoted(where / "nats.pid")}
log_file: {_quoted(where / "nats.log")}
logfile_size_limit: {LOG_MIB}MB
logfile_max_num: 3
max_payload: 8MB
jetstream {{ store_dir: {_quoted(where / "js")}, max_mem: 64MB, max_file: 8GB{sync} }}
mqtt {{
  host: {_quoted(broker.host)}, port: {port}, ack_wait: "{ACK_WAIT_S}s", max_ack_pending: {window}
  authorization {{ timeout: 30 }}{tls}
}}
include "users.conf"
"""


def users_text(password: str, credentials: Sequence[Credential]) -> str:
    """`users.conf`: the gateway, and each credential with exactly its own topics."""
    users = [f"{{user: {GATEWAY_USER}, password: {_quoted(hashed(password))}}}"]
    users += [_user(credential) for credential in credentials]
    return "accounts { HOME { jetstream: enabled, users: [\n  " + ",\n  ".join(users) + "\n] } }\n"


def subject(topic: str) -> str:
    """An MQTT filter as the broker's subject."""
    return topic.replace("/", ".").replace("+", "*").replace("#", ">")


def _user(credential: Credential) -> str:
    publish = ", ".join(_quoted(subject(topic)) for topic in credential.publish)
    # A QoS 1 subscription is delivered on a subject of the broker's own.
    subscribe = ", ".join(
        [*(_quoted(subject(topic)) for topic in credential.subscribe), '"$MQTT.sub.>"']
    )
    return (
        f"{{user: {_quoted(credential.login)}, password: {_quoted(credential.bcrypt_hash)},"
        f" permissions: {{publish: {{allow: [{publish}]}}, subscribe: {{allow: [{subscribe}]}}}}}}"
    )


def _quoted(text: object) -> str:
    return json.dumps(str(text))
