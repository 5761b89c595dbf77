"""Real servers on loopback, each in a folder of its own, stopped by its process."""

import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.parts import free_port, need_program

INFLUX = """
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  index-version = "tsi1"
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
"""


@contextmanager
def influxd(folder: Path, port: int | None = None) -> Iterator[str]:
    """Debian's InfluxDB 1.6; its address."""
    program = need_program("influxd", "apt-get install --no-install-recommends influxdb")
    port = port or free_port()
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "i.conf"
    config.write_text(INFLUX.format(folder=folder, port=port, rpc=free_port()))
    with running([program, "run", "-config", str(config)], port, "/ping"):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def victoria(folder: Path) -> Iterator[str]:
    """Debian's VictoriaMetrics; its address."""
    program = need_program(
        "victoria-metrics", "apt-get install --no-install-recommends victoria-metrics"
    )
    port = free_port()
    command = [
        program,
        f"-storageDataPath={folder}",
        f"-httpListenAddr=127.0.0.1:{port}",
        "-retentionPeriod=100y",
        "-search.latencyOffset=0s",
        "-search.disableCache",
    ]
    with running(command, port, "/health"):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def running(command: list[str], port: int, path: str) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(f"http://127.0.0.1:{port}{path}", process)
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        assert process.poll() is None, f"{process.args!r} ended with {process.returncode}"
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"{url} does not answer")
