"""The embedded broker: who may do what, how it is kept, and that it never stays behind."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from devices.errors import Failed, Refused
from gateway.clock import SystemClock
from gateway.config import load
from gateway.intake import broker_config
from gateway.intake.broker import EmbeddedBroker, end_earlier
from gateway.mqtt import Address, Publisher, Subscriber
from gateway.registry import Credential
from tests.intake.building import ROOT, TOPIC, Parts, running, said, until
from tests.intake.certificates import a_certificate
from tests.parts import free_port

pytestmark = [pytest.mark.broker, pytest.mark.enable_socket]

HUB = "donegal.home-1.hub"
FOREIGN = TOPIC.replace("home-1", "home-2")


def test_a_denied_publish_is_acknowledged_dropped_and_told(tmp_path):
    told = []
    with running(tmp_path) as parts, parts.publisher() as publisher:
        parts.intake.on_violation(told.append)
        publisher.publish(FOREIGN, said(seq=1))
        publisher.publish(TOPIC, said(seq=1))
        assert publisher.flush(20)
        until(lambda: told)
        until(lambda: parts.journal.last_offset() == 1)
        assert [row.topic for row in parts.rows()] == [TOPIC]
        (violation,) = told
        assert (violation.kind, violation.topic) == ("publish", FOREIGN)
        assert violation.client == HUB.replace(".", "-")


def heard_by(parts, login, topics):
    """A subscriber's messages, and its problem."""
    heard = []
    subscriber = Subscriber(
        lambda: parts.address(login),
        "listener",
        topics,
        None,
        heard.append,
        on_session=lambda _: None,
        clock=SystemClock(),
    )
    subscriber.start()
    return subscriber, heard


@pytest.mark.parametrize("topic", ["#", "homecare/v1/#", TOPIC, FOREIGN, "$MQTT/sub/#"])
def test_a_hub_may_not_listen_to_others(tmp_path, topic):
    with running(tmp_path) as parts:
        subscriber, _ = heard_by(parts, HUB, [topic])
        until(lambda: "refused the subscription" in subscriber.link().problem)
        subscriber.stop()


def test_a_hub_hears_its_own_alerts_only(tmp_path):
    with running(tmp_path) as parts:
        subscriber, heard = heard_by(parts, HUB, ["homecare/v1/donegal/home-1/alert"])
        until(lambda: subscriber.link().connected)
        with Publisher(parts.broker.endpoint.gateway()) as gateway:
            for home in ("home-2", "home-1"):
                gateway.publish(f"homecare/v1/donegal/{home}/alert", home.encode())
            assert gateway.flush(20)
        until(lambda: heard)
        subscriber.stop()
        assert [delivery.payload for delivery in heard] == [b"home-1"]


@pytest.mark.parametrize(("login", "password"), [(HUB, "wrong"), ("nobody", "x"), (None, None)])
def test_who_is_not_known_does_not_get_in(tmp_path, login, password):
    with running(tmp_path, intake=False) as parts:
        address = parts.broker.endpoint.address(login, password)
        with pytest.raises(Refused, match="Check user and password"):
            Publisher(address).connect()


def test_new_users_get_in_and_others_stay(tmp_path):
    with running(tmp_path, intake=False) as parts, parts.publisher() as publisher:
        known = parts.registry.credentials()
        (hub,) = [one for one in known if one.login == HUB]
        newcomer = Credential("newcomer", hub.bcrypt_hash, (FOREIGN,), ())
        parts.broker.reload([*known, newcomer])
        with parts.publisher("newcomer") as other:
            assert other.publish(FOREIGN, b"1").wait(20)
        # On a busy machine a reload once closed a connection just made: it comes back.
        until(lambda: publisher.connected)
        assert publisher.publish(TOPIC, b"1").wait(20)
        # The gateway's session was there before them: both wait for it.
        until(lambda: parts.broker.monitor().undelivered == 2)


def test_what_devices_publish_before_the_gateway_ever_came_is_kept(tmp_path):
    with running(tmp_path, intake=False) as parts:
        with parts.publisher() as publisher:
            assert publisher.publish(TOPIC, said(seq=1)).wait(20)
        parts.start_intake()
        until(lambda: parts.journal.last_offset() == 1)


def test_a_killed_broker_comes_back_on_its_port(tmp_path):
    with running(tmp_path, intake=False) as parts:
        port, pid = parts.broker.port, parts.broker.pid
        os.kill(pid, signal.SIGKILL)
        until(lambda: parts.broker.pid != pid)
        assert parts.broker.port == port
        with parts.publisher() as publisher:
            assert publisher.publish(TOPIC, b"1").wait(20)


def test_the_next_start_takes_the_same_free_port(tmp_path):
    with running(tmp_path, intake=False) as parts:
        port = parts.broker.port
    broker = EmbeddedBroker(parts.settings, parts.registry.credentials, SystemClock())
    broker.start()
    try:
        assert broker.port == port
    finally:
        broker.stop()


def test_a_taken_port_is_refused_with_what_to_do(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        parts = Parts(tmp_path, port=other.getsockname()[1])
        with pytest.raises(Failed, match=r"another program listens there.*broker\.port"):
            parts.start_broker()


def test_a_broken_configuration_is_told(tmp_path):
    missing = tmp_path / "missing.pem"
    parts = Parts(tmp_path, certificate=missing, key=missing)
    with pytest.raises(Failed, match="missing"):
        parts.start_broker()


OWNER = """
import sys, threading
from pathlib import Path
from gateway.clock import SystemClock
from gateway.config import load
from gateway.intake.broker import EmbeddedBroker
settings = load(None, data=Path(sys.argv[1]), broker={"port": int(sys.argv[2])})
broker = EmbeddedBroker(settings, list, SystemClock())
broker.start()
print(broker.pid, flush=True)
threading.Event().wait()
"""


def owned(tmp_path):
    """A broker whose owner is a process of its own: the owner, the broker's pid."""
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path), str(free_port())],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    return owner, int(owner.stdout.readline())


def runs(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_broker_dies_with_its_owner(tmp_path):
    owner, pid = owned(tmp_path)
    with owner:
        assert runs(pid)
        owner.kill()
    until(lambda: not runs(pid))


def test_a_broker_of_an_earlier_life_is_ended(tmp_path):
    """As if the kernel had not ended it: two brokers on one store would destroy it."""
    owner, pid = owned(tmp_path)
    with owner:
        end_earlier(tmp_path / "broker")
        assert not runs(pid)
        owner.kill()


def test_a_stale_process_number_is_nobodys(tmp_path):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as bystander:
        (tmp_path / "nats.pid").write_text(str(bystander.pid))  # runs, and is no broker
        end_earlier(tmp_path)
        assert bystander.poll() is None
        bystander.communicate(b"\n")
    assert bystander.returncode == 0


def test_with_tls_gateway_and_devices_speak_it(tmp_path):
    certificate, key = a_certificate(tmp_path)
    with running(tmp_path, certificate=certificate, key=key) as parts:
        assert parts.broker.url.startswith("mqtts://")
        address = Address(
            "127.0.0.1", parts.broker.port, HUB, parts.address().password, True, certificate
        )
        with Publisher(address) as publisher:
            for n in range(100):
                publisher.publish(TOPIC, said(seq=n))
            assert publisher.flush(20)
        until(lambda: parts.journal.last_offset() == 100)
        plain = Address("127.0.0.1", parts.broker.port, HUB, "x")
        with pytest.raises(Failed):
            Publisher(plain).connect(2)


# paho leaves a socket whose handshake failed to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_who_does_not_know_the_certificate_does_not_connect(tmp_path):
    certificate, key = a_certificate(tmp_path)
    with running(tmp_path, intake=False, certificate=certificate, key=key) as parts:
        address = Address("127.0.0.1", parts.broker.port, HUB, "x", tls=True)
        with pytest.raises(Failed, match="certificate"):
            Publisher(address).connect()


def test_the_configuration_is_read_by_its_owner_only(tmp_path):
    with running(tmp_path, intake=False) as parts:
        where = broker_config.folder(parts.settings)
        for name in ("nats.conf", "users.conf", "endpoint.json"):
            assert (where / name).stat().st_mode & 0o077 == 0


def test_durable_is_the_default(tmp_path):
    assert "sync_interval: always" in broker_config.server_text(
        load(None, data=tmp_path), 1883, 8222
    )
    fast = load(None, data=tmp_path, broker={"durable": False})
    assert "sync_interval" not in broker_config.server_text(fast, 1883, 8222)
