"""HTTP with one InfluxDB, through influxdb-client: 1.x, 2.x, 3 Core, or VictoriaMetrics for writes.

The version in the answer to /ping decides: 1.x is written at /write and signed in with the token
read as `user:password`; the others are written by the synchronous WriteApi at /api/v2/write with
the token as it is. All are read by InfluxQL at /query. Run here against influxd 1.6.7 (read and
write) and VictoriaMetrics 1.79.5 (write); the addresses and headers for 2.x and 3 are held by a
recorder and have not been run against a server.
"""

import base64
import json
from contextlib import suppress
from typing import Any

from influxdb_client import InfluxDBClient  # type: ignore[attr-defined]  # it re-exports silently
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError

from devices.errors import Failed
from gateway.series.influx_ql import Statement

TIMEOUT_MS = 10_000


class Rejected(Exception):  # noqa: N818  # it is an answer about lines, handled inside this package
    """The server will never take these lines (400, or 413: too many at once)."""


class Server:
    """One server and database (in 2.x and 3: bucket)."""

    def __init__(self, url: str, token: str | None, org: str, bucket: str) -> None:
        self.url = url
        self.bucket = bucket
        self._token = token
        self._org = org
        self._client: Any = InfluxDBClient(
            url,
            token=token,  # type: ignore[arg-type]  # None: no token
            org=org,
            timeout=TIMEOUT_MS,
        )
        self._writer: Any = self._client.write_api(write_options=SYNCHRONOUS)
        self._version: str | None = None

    @property
    def version(self) -> str:
        """What /ping says: "1.6.7", "2.7.1", "3.0.1", or "" where it does not say."""
        if self._version is None:
            headers = self._call("check", "/ping", "GET", []).headers
            named = headers.get("X-Influxdb-Version", "")
            self._version = named.removeprefix("v")
            self._sign_in()
            if self.is_first:
                self._post("create the database", f'CREATE DATABASE "{self.bucket}"', {})
        return self._version

    @property
    def is_first(self) -> bool:
        return (self._version or "").startswith("1.")

    def _sign_in(self) -> None:
        """By the version: 1.x knows user and password only."""
        headers = self._client.api_client.default_headers
        if self._token is None:
            headers.pop("Authorization", None)  # the client would say "Token None"
        elif self.is_first:
            headers["Authorization"] = "Basic " + base64.b64encode(self._token.encode()).decode()

    def write(self, lines: list[bytes]) -> None:
        """Synchronous: on return the server has them. Raises Rejected or Failed."""
        first = bool(self.version) and self.is_first
        try:
            if first:
                self._call(
                    "write readings",
                    "/write",
                    "POST",
                    [("db", self.bucket), ("precision", "ns")],
                    body=b"\n".join(lines),
                )
            else:
                self._writer.write(self.bucket, self._org, b"\n".join(lines), write_precision="ns")
        except ApiException as error:
            raise _judged("write readings", self.url, error) from None
        except HTTPError as error:
            raise _unreachable("write readings", self.url, error) from error

    def query(self, operation: str, statement: Statement) -> bytes:
        """The answer to one InfluxQL SELECT, times in nanoseconds. Raises Failed."""
        text, values = statement
        _ = self.version
        parts = [("chunked", "true"), *self._parts(text, values)]
        body: bytes = self._call(operation, "/query", "GET", parts).data
        return body

    def delete(self, text: str, values: dict[str, Any]) -> None:
        """An InfluxQL DELETE, which 1.x alone knows."""
        self._post("erase readings", text, values)

    def delete_api(self, predicate: str, start: str, stop: str) -> None:
        """The DELETE of 2.x."""
        try:
            self._client.delete_api().delete(
                start, stop, predicate, bucket=self.bucket, org=self._org
            )
        except ApiException as error:
            raise _judged("erase readings", self.url, error) from None
        except HTTPError as error:
            raise _unreachable("erase readings", self.url, error) from error

    def ping(self) -> bool:
        """Whether it answers; never `health()`, which 1.x does not have."""
        return bool(self._client.ping())

    def close(self) -> None:
        with suppress(Exception):  # closing a broken connection is not worth an error
            self._writer.close()
        self._client.close()

    def _post(self, operation: str, text: str, values: dict[str, Any]) -> None:
        self._call(operation, "/query", "POST", self._parts(text, values))

    def _parts(self, text: str, values: dict[str, Any]) -> list[tuple[str, str]]:
        return [
            ("db", self.bucket),
            ("q", text),
            ("epoch", "ns"),
            ("params", json.dumps(values)),
        ]

    def _call(
        self,
        operation: str,
        path: str,
        method: str,
        parts: list[tuple[str, str]],
        body: bytes | None = None,
    ) -> Any:
        headers = {"Content-Type": "text/plain; charset=utf-8"} if body else {}
        try:
            answer = self._client.api_client.call_api(
                path,
                method,
                query_params=parts,
                header_params=headers,
                body=body,
                auth_settings=[],
                _preload_content=False,
                _return_http_data_only=True,
            )
            _ = answer.data  # read to its end: only then is it done, and the connection free
            return answer  # noqa: TRY300  # reading it can fail too
        except ApiException as error:
            if path == "/write":
                raise
            raise _judged(operation, self.url, error) from None
        except HTTPError as error:
            raise _unreachable(operation, self.url, error) from error


def _judged(operation: str, url: str, error: ApiException) -> Exception:
    """What a refusal means. Its text may repeat a line with a value, so it is not passed on."""
    if operation == "write readings" and error.status in (400, 413, 422):
        return Rejected(f"HTTP {error.status}")
    hints = {
        401: "Check series.token",
        403: "Check that series.token may read and write series.bucket",
        404: "Check series.url, series.org and series.bucket",
        503: "It is starting or overloaded; the gateway tries again",
    }
    return Failed(
        operation,
        url,
        f"InfluxDB answers {error.status} {error.reason}",
        hints.get(error.status, "See InfluxDB's own log"),
    )


def _unreachable(operation: str, url: str, error: HTTPError) -> Failed:
    return Failed(
        operation, url, f"no answer ({type(error).__name__})", "Start it, or check series.url"
    )
