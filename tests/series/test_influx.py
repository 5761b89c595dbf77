"""What is particular to InfluxDB: addresses and signing in by version, refused lines, offset."""

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import pytest

from devices.errors import Failed
from gateway.config import Settings
from gateway.series import open_store
from gateway.series.influx import InfluxStore
from gateway.series.influx_lines import SPARE, lines
from gateway.series.store import Query, Stay
from tests.parts import free_port
from tests.series.builders import T0, identities, motion, reading
from tests.series.servers import influxd, victoria

pytestmark = pytest.mark.enable_socket


class Recorder(ThreadingHTTPServer):
    """Answers as one version of InfluxDB would and keeps what it was asked."""

    def __init__(self, version: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.version = version
        self.seen: list[tuple[str, str, dict[str, str], str, bytes]] = []
        self.writes: list[int] = []  # answers to the next writes, then 204
        self.bad = b""  # a line with this in it is refused
        self.answer = b'{"results":[{"statement_id":0}]}\n'

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def of(self, path: str) -> list[tuple[str, str, dict[str, str], str, bytes]]:
        return [asked for asked in self.seen if asked[1] == path]


class _Handler(BaseHTTPRequestHandler):
    server: Recorder

    def _take(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        query = {name: value[0] for name, value in parse_qs(parts.query).items()}
        authorization = self.headers.get("Authorization", "")
        self.server.seen.append((self.command, parts.path, query, authorization, body))
        status, answer = 200, self.server.answer
        if parts.path in {"/write", "/api/v2/write"}:
            status, answer = (self.server.writes or [204]).pop(0), b""
            if self.server.bad and self.server.bad in body:
                status, answer = 400, b'{"error":"partial write: pulse x=72"}'
        elif parts.path in {"/ping", "/api/v2/delete"}:
            status, answer = 204, b""
        self.send_response(status)
        self.send_header("X-Influxdb-Version", self.server.version)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = _take  # noqa: N815  # the library's names

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def recorder(request) -> Iterator[Recorder]:
    server = Recorder(getattr(request, "param", "v2.7.1"))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def open_at(folder: Path, url: str, token: str | None = "secret") -> InfluxStore:
    return InfluxStore(folder, url, token=token, org="county", bucket="homecare")


@pytest.mark.parametrize(
    ("recorder", "path", "database", "authorization"),
    [
        ("1.8.10", "/write", "db", "Basic " + base64.b64encode(b"gw:pw").decode()),
        ("v2.7.1", "/api/v2/write", "bucket", "Token gw:pw"),
        ("3.0.1", "/api/v2/write", "bucket", "Token gw:pw"),
    ],
    indirect=["recorder"],
)
def test_each_version_is_written_at_its_address(
    recorder, tmp_path, path, database, authorization
) -> None:
    store = open_at(tmp_path, recorder.url, "gw:pw")
    store.write([reading(1)], 1)
    ((method, _, query, signed, body),) = recorder.of(path)
    assert (method, query["precision"], query[database]) == ("POST", "ns", "homecare")
    assert signed == authorization
    assert body == (
        b"reading,device=cuff-1,home=home-1,resident=res-1,signal=pulse,site=donegal"
        b" x=61,offset=1,index=0 " + str((T0 + 1000) * SPARE + 1).encode()
    )
    if path == "/api/v2/write":
        assert query["org"] == "county"
    store.close()


@pytest.mark.parametrize("recorder", ["1.8.10", "v2.7.1", "3.0.1"], indirect=True)
def test_each_version_is_read_by_influxql_with_bound_values(recorder, tmp_path) -> None:
    store = open_at(tmp_path, recorder.url)
    evil = "x' OR 'a'='a"
    store.read(Query("donegal", home=evil, signals=("pulse",)))
    (method, _, query, signed, _) = recorder.of("/query")[-1]
    assert (method, query["db"], query["epoch"]) == ("GET", "homecare", "ns")
    assert evil not in query["q"]
    assert json.loads(query["params"]) == {"site": "donegal", "home": evil, "signal0": "pulse"}
    assert signed
    store.close()


def test_no_token_signs_nothing(recorder, tmp_path) -> None:
    store = open_at(tmp_path, recorder.url, None)
    store.write([reading(1)], 1)
    assert [asked[3] for asked in recorder.of("/api/v2/write")] == [""]
    store.close()


def test_the_offset_moves_only_after_the_answer(recorder, tmp_path) -> None:
    recorder.writes = [503]
    store = open_at(tmp_path, recorder.url)
    with pytest.raises(Failed, match="503") as caught:
        store.write([reading(1)], 1)
    assert "x=61" not in str(caught.value)
    assert store.offset() == 0
    store.write([reading(1)], 1)
    assert store.offset() == 1
    store.close()
    assert open_at(tmp_path, recorder.url).offset() == 1


def test_a_wrong_token_holds_everything_and_says_so(recorder, tmp_path) -> None:
    recorder.writes = [401]
    store = open_at(tmp_path, recorder.url)
    with pytest.raises(Failed, match=r"series\.token"):
        store.write([reading(1)], 1)
    assert store.offset() == 0
    store.close()


def test_a_refused_line_is_set_aside_and_the_others_go_on(recorder, tmp_path) -> None:
    recorder.bad = b"home=bad"
    store = open_at(tmp_path, recorder.url)
    store.write([reading(n, home="bad" if n == 5 else "home-1") for n in range(1, 9)], 8)
    assert store.offset() == 8
    assert store.refused == 1
    kept = (tmp_path / "refused.lines").read_text()
    assert "home=bad" in kept
    assert kept.count("reading,") == 1
    assert (tmp_path / "refused.lines").stat().st_mode & 0o077 == 0
    assert "1 lines refused" in store.health().detail
    taken = b"\n".join(asked[4] for asked in recorder.of("/api/v2/write") if b"bad" not in asked[4])
    assert len(set(taken.splitlines())) == 7
    store.close()


def test_a_server_that_is_not_there(tmp_path) -> None:
    store = open_at(tmp_path, f"http://127.0.0.1:{free_port()}")
    with pytest.raises(Failed, match="no answer"):
        store.write([reading(1)], 1)
    with pytest.raises(Failed, match="no answer"):
        store.read(Query("donegal"))
    assert not store.health().ok
    store.close()


@pytest.mark.parametrize("recorder", ["v2.7.1"], indirect=True)
def test_version_2_erases_by_its_delete_api(recorder, tmp_path) -> None:
    store = open_at(tmp_path, recorder.url)
    store.erase("res-1", T0, T0 + 5000, [Stay("donegal", "home-1", T0, T0 + 5000)])
    predicates = [json.loads(asked[4])["predicate"] for asked in recorder.of("/api/v2/delete")]
    assert predicates == [
        '_measurement="reading" AND resident="res-1"',
        '_measurement="reading" AND site="donegal" AND home="home-1" AND resident="_"',
    ]
    store.close()


@pytest.mark.parametrize("recorder", ["3.0.1"], indirect=True)
def test_version_3_says_that_it_cannot_erase(recorder, tmp_path) -> None:
    store = open_at(tmp_path, recorder.url)
    with pytest.raises(Failed, match="cannot delete rows"):
        store.erase("res-1")
    store.close()


def test_an_answer_that_is_none(recorder, tmp_path) -> None:
    store = open_at(tmp_path, recorder.url)
    for answer in (b"<html>", b'{"error":"database not found"}', b'{"results":[{"error":"x"}]}'):
        recorder.answer = answer
        with pytest.raises(Failed):
            store.read(Query("donegal"))
    store.close()


def test_a_spoilt_offset_file_says_what_to_do(tmp_path) -> None:
    (tmp_path / "influx.offset").write_text("many")
    with pytest.raises(Failed, match="Delete the file"):
        open_at(tmp_path, "http://127.0.0.1:1")


def test_lines_are_escaped_and_hold_no_text_of_a_device() -> None:
    (line,) = lines([reading(1, place="big room,=", value="secret", unit="mg")])
    assert rb"place=big\ room\,\=" in line
    assert b"secret" not in line


def test_lines_are_the_same_each_time() -> None:
    rows = [reading(1), motion(2, index=1), motion(2, index=2), motion(3, received_at=T0 + 10**9)]
    assert lines(rows) == lines(rows)
    assert len({line.rsplit(b" ", 2)[0] + line.rsplit(b" ", 1)[1] for line in lines(rows)}) == 4


@pytest.mark.server
def test_readings_outlive_a_server_that_is_killed(tmp_path) -> None:
    port = free_port()
    store = InfluxStore(tmp_path, f"http://127.0.0.1:{port}", bucket="homecare")
    rows = [reading(n) for n in range(1, 51)]
    with influxd(tmp_path / "server", port):
        store.write(rows[:30], 30)
    with pytest.raises(Failed):
        store.write(rows[:40], 40)
    assert store.offset() == 30
    with influxd(tmp_path / "server", port):
        store.write(rows, 50)
        columns = store.read(Query("donegal"))
        assert list(zip(columns.offset, columns.index, strict=True)) == identities(rows)
        store._server.write(lines(rows))  # a crash before the offset was kept: written again
        assert store.counts() == {"pulse": 50}
    store.close()


@pytest.mark.server
def test_victoria_metrics_takes_the_same_writes(tmp_path) -> None:
    with victoria(tmp_path / "vm") as url:
        store = InfluxStore(tmp_path, url, token="t", org="o", bucket="homecare")
        store.write([reading(n) for n in range(1, 101)], 100)
        assert store.offset() == 100
        with urlopen(f"{url}/internal/force_flush", timeout=5):
            pass
        match = "reading_x%7Bhome%3D%22home-1%22%7D"
        with urlopen(f"{url}/api/v1/export?match[]={match}", timeout=5) as answer:
            (series,) = [json.loads(line) for line in answer.read().splitlines()]
        assert series["values"] == [60 + n % 40 for n in range(1, 101)]
        assert series["timestamps"] == [T0 + 1000 * n for n in range(1, 101)]
        with urlopen(f"{url}/metrics", timeout=5) as answer:
            metrics = answer.read().decode()
        ignored = [
            line for line in metrics.splitlines() if line.startswith("vm_rows_ignored_total")
        ]
        assert all(line.endswith(" 0") for line in ignored)
        store.close()


@pytest.mark.server
def test_real_influxd_refuses_one_line_and_keeps_the_others(tmp_path) -> None:
    with influxd(tmp_path / "server") as url:
        store = InfluxStore(tmp_path, url)
        store._server.write(lines([reading(1)]))
        store._send([*lines([reading(2)]), b"reading,site=donegal nonsense", *lines([reading(3)])])
        assert store.refused == 1
        assert store.counts() == {"pulse": 3}
        store.close()


def test_settings_name_the_store(tmp_path) -> None:
    series = {"store": "influxdb", "url": "http://127.0.0.1:1"}
    store = open_store(Settings(data=tmp_path, series=series))
    assert store.name == "influxdb"
    store.close()
