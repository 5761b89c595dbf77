"""Children are watched, started again, and never left behind."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.cli import runtime
from api.cli.supervise import Supervisor, free_port, locked, refuse_taken
from devices.errors import Failed, Refused
from gateway.clock import SystemClock
from gateway.config import Settings
from tests.parts import free_port as some_port

pytestmark = [pytest.mark.enable_socket, pytest.mark.server]

# A stand-in that does what the supervisor looks for: says where it is, and listens.
GATEWAY = """
import json, os, socket, sys, time
told = json.load(sys.stdin)
if told["log"]["level"] == "error":
    sys.exit(7)
listener = socket.create_server((told["web"]["host"], told["web"]["port"]))
data = told["data"]
with open(data + "/runtime.part", "w") as file:
    json.dump({"url": "http://127.0.0.1", "pid": os.getpid(), "token": "t"}, file)
os.replace(data + "/runtime.part", data + "/runtime.json")
while True:
    time.sleep(0.05)
"""


def settings(data: Path, **more) -> Settings:
    return Settings(
        data=data,
        web={"port": some_port()},
        broker={"url": "mqtt://127.0.0.1:1"},
        **more,
    )


def command(tmp_path: Path) -> tuple[str, ...]:
    program = tmp_path / "stand_in.py"
    program.write_text(GATEWAY)
    return (sys.executable, str(program), "api.cli.gateway")


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    made = Supervisor(settings(tmp_path), SystemClock(), lambda _: None)
    made.command = command(tmp_path)
    yield made
    made.stop()


def until(there) -> None:
    waiting = threading.Event()
    for _ in range(500):
        if there():
            return
        waiting.wait(0.02)
    pytest.fail("it did not come to it")


def lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_a_gateway_that_is_killed_is_started_again(supervisor: Supervisor) -> None:
    supervisor.start()
    first = supervisor.gateway_pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    until(lambda: supervisor.gateway_pid not in (None, first))
    assert supervisor.restarts == 1


def test_stopping_leaves_nothing(supervisor: Supervisor) -> None:
    supervisor.start()
    pid = supervisor.gateway_pid
    assert pid is not None
    supervisor.stop()
    assert not lives(pid)
    assert runtime.read(supervisor.settings.data) is None


def test_a_gateway_that_cannot_start_is_told(tmp_path: Path) -> None:
    made = Supervisor(settings(tmp_path, log={"level": "error"}), SystemClock(), lambda _: None)
    made.command = command(tmp_path)
    try:
        with pytest.raises(Failed, match="ended with code 7"):
            made.start()
    finally:
        made.stop()


def test_a_taken_port_is_refused_and_stepped_round(supervisor: Supervisor) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(Refused, match=r"another program listens.*set web\.port"):
            refuse_taken("web.port", "127.0.0.1", port)
        assert free_port("127.0.0.1", port) != port


def test_a_killed_supervisor_takes_its_children_along(tmp_path: Path) -> None:
    program = textwrap.dedent(
        f"""
        from gateway.clock import SystemClock
        from gateway.config import Settings
        from api.cli.supervise import Supervisor
        made = Supervisor(
            Settings.model_validate_json({settings(tmp_path).model_dump_json()!r}),
            SystemClock(), print,
        )
        made.command = {command(tmp_path)!r}
        made.start()
        print(made.gateway_pid, flush=True)
        made.wait()
        """
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert lives(child)
        parent.kill()
        parent.wait()
    until(lambda: not lives(child))


def test_a_folder_belongs_to_one_at_a_time(tmp_path: Path) -> None:
    held = locked(tmp_path)
    with pytest.raises(Refused, match="already runs on this folder"):
        locked(tmp_path)
    held.close()
    locked(tmp_path).close()
