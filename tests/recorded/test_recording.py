"""`homecare record` at a real broker: it hears, redacts, ends in order, and survives a kill."""

import gzip
import os
import signal
import subprocess
import sys
import threading
import zlib
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli.main import app
from api.cli.supervise import is_free
from devices.errors import HomecareError
from gateway.mqtt import Address, Publisher
from simulators.recorded.capture import read
from tests.intake.building import mosquitto, until

pytestmark = [pytest.mark.broker, pytest.mark.enable_socket]

ROOT = Path(__file__).resolve().parents[2]
HUB = "donegal.home-1.hub"
TOPIC = "homecare/v1/donegal/home-1/annas-clip/reading"


@pytest.fixture
def broker(tmp_path):
    with mosquitto(tmp_path / "broker", {"gateway": "secret", HUB: "secret"}) as (port, _):
        until(lambda: not is_free("127.0.0.1", port))
        yield port


@contextmanager
def recording(port: int, out: Path, *options: str):
    """A recorder that listens; (process, what it said so far)."""
    command = [sys.executable, "-u", "-m", "api.cli.main", "record", str(out)]
    command += ["--broker", f"mqtt://127.0.0.1:{port}", "--user", "gateway", *options]
    environment = {**os.environ, "HC_PASSWORD": "secret"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment,
        cwd=ROOT,
    ) as process:  # fmt: skip
        watchdog = threading.Timer(60, process.kill)
        watchdog.start()
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith("Listening"):
                    break
            yield process
        finally:
            watchdog.cancel()
            process.kill()


def publisher(port: int) -> Publisher:
    return Publisher(Address("127.0.0.1", port, HUB, "secret"), "hub")


def lines_of(out: Path) -> list[str]:
    if out.suffix == ".gz":
        text = zlib.decompressobj(31).decompress(out.read_bytes()).decode()
    else:
        text = out.read_text()
    return text.splitlines(keepends=True)


@pytest.mark.parametrize("options", [(), ("--protocol", "5")], ids=["3.1.1", "5"])
def test_what_passes_the_broker_is_in_the_file_without_its_names(broker, tmp_path, options) -> None:
    out = tmp_path / "capture.jsonl"
    status = TOPIC.replace("reading", "status")
    with publisher(broker) as hub:
        hub.publish(status, b"online", retain=True).wait(5)
        with recording(broker, out, *options) as process:
            for value in (97, 96, 95):
                hub.publish(TOPIC, b'{"signal":"spo2","value":%d,"who":"Anna"}' % value).wait(5)
            hub.publish(TOPIC, b"Anna fell").wait(5)
            until(lambda: len(lines_of(out)) >= 7)
            process.send_signal(signal.SIGINT)
            said = process.stdout.read()
            assert process.wait() == 0, said
    found = read(lines_of(out), out.name)
    assert found.whole
    assert out.stat().st_mode & 0o077 == 0
    leftover, *values, odd = found.messages
    assert (leftover.retained, leftover.payload) == (True, b"online")
    assert [one.payload for one in values] == [
        b'{"signal":"spo2","value":%d}' % v for v in (97, 96, 95)
    ]
    assert not any(one.retained for one in values)
    assert (odd.length, odd.why) == (9, "dialect")
    assert "4 messages" in said
    assert "1 of them leftovers" in said
    assert "Taken out: 3 keys" in said
    assert "Not kept: 1 messages" in said
    assert "key is thrown away" in said
    for name in ("donegal", "home-1", "anna", "Anna"):
        assert name not in out.read_text()


@pytest.mark.parametrize("name", ["capture.jsonl", "capture.jsonl.gz"])
def test_killed_in_the_middle_all_that_was_told_is_there(broker, tmp_path, name) -> None:
    out = tmp_path / name
    with publisher(broker) as hub, recording(broker, out) as process:
        for value in range(70, 90):
            hub.publish(TOPIC, b'{"signal":"pulse","value":%d}' % value).wait(5)
        until(lambda: len(lines_of(out)) >= 22)
        process.kill()
        process.wait()
    found = read(lines_of(out), name)
    assert len(found.messages) == 20
    assert not found.whole
    if name.endswith(".gz"):
        with pytest.raises(EOFError), gzip.open(out) as packed:
            packed.read()


def test_it_ends_by_itself_after_the_time_that_was_asked_for(broker, tmp_path) -> None:
    out = tmp_path / "c.jsonl"
    with recording(broker, out, "--for", "1s") as process:
        said = process.stdout.read()
        assert process.wait() == 0, said
    assert "Nothing came" in said
    assert read(lines_of(out), "c").whole


def test_the_same_key_gives_the_same_pseudonyms(broker, tmp_path) -> None:
    topics = []
    for name in ("a.jsonl", "b.jsonl"):
        with (
            publisher(broker) as hub,
            recording(broker, tmp_path / name, "--key", str(tmp_path / "key")) as process,
        ):
            hub.publish(TOPIC, b'{"signal":"spo2","value":97}').wait(5)
            until(lambda name=name: len(lines_of(tmp_path / name)) >= 3)
            process.send_signal(signal.SIGTERM)
            process.wait()
        topics.append(read(lines_of(tmp_path / name), name).messages[0].topic)
    assert topics[0] == topics[1]
    assert (tmp_path / "key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--broker", "http://x"), "it is not mqtt://"),
        (("--broker", "mqtt://127.0.0.1:1"), "listen"),
        (("--for", "0s"), "no length of time"),
        (("--for", "-5min"), "no length of time"),
        (("--shift", "soon"), "no shift of time"),
        (("--shift", "-99999d"), "before 1970"),
        (("--protocol", "4"), "no such version"),
        (("--broker", "mqtts://x", "--ca", "none.pem"), "there is no such file"),
        (("--data", "nowhere"), "find the broker"),
    ],
)
def test_what_cannot_be_recorded_is_refused_and_leaves_no_file(tmp_path, options, says) -> None:
    out = tmp_path / "c.jsonl"
    with pytest.raises(HomecareError) as told:
        CliRunner().invoke(app, ["record", str(out), *options], catch_exceptions=False)
    assert says in str(told.value)
    assert not out.exists()


def test_a_file_that_is_there_is_never_written_over(tmp_path) -> None:
    out = tmp_path / "c.jsonl"
    out.write_text("mine")
    with pytest.raises(HomecareError, match="it is there already"):
        CliRunner().invoke(
            app, ["record", str(out), "--broker", "mqtt://127.0.0.1:1"], catch_exceptions=False
        )
    assert out.read_text() == "mine"


def test_a_wrong_password_is_refused(broker, tmp_path) -> None:
    address = f"mqtt://gateway:wrong@127.0.0.1:{broker}"
    with pytest.raises(HomecareError, match="the broker refused"):
        CliRunner().invoke(
            app, ["record", str(tmp_path / "c"), "--broker", address], catch_exceptions=False
        )
    assert not (tmp_path / "c").exists()
