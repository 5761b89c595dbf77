"""Settings: one documented TOML file and environment variables; unknown keys are refused.

A command's own options stand over the environment, and the environment over the file. An
environment variable is the key in capitals, with `__` for the dot: `web.port` is
HOMECARE_WEB__PORT. HOMECARE_CONFIG names the file. `docs/operators/settings.md` lists every key;
a test holds the two together.
"""

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from devices.errors import Refused

PREFIX = "HOMECARE_"
FILE_VARIABLE = "HOMECARE_CONFIG"
TOKEN_VARIABLE = "HOMECARE_TOKEN"  # noqa: S105  # of commands that ask a gateway; no setting
SECRETS = frozenset({"password", "token"})  # never shown in a refusal
DOCUMENT = "docs/operators/settings.md"

T = TypeVar("T")


class Section(BaseModel):
    """A table of the settings file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _both_or_none(section: T, certificate: Path | None, key: Path | None) -> T:
    if (certificate is None) != (key is None):
        raise ValueError("certificate and key belong together: set both or neither")
    return section


class Broker(Section):
    """Where devices publish."""

    url: str | None = Field(
        default=None,
        description="mqtt:// or mqtts:// address of your own broker; empty: the embedded one",
    )
    username: str | None = Field(default=None, description="the gateway's own user at your broker")
    password: str | None = Field(default=None, description="its password")
    protocol: Literal["3.1.1", "5"] = Field(
        default="3.1.1",
        description="MQTT version spoken to your own broker (the embedded one: 3.1.1)",
    )
    host: str = Field(default="127.0.0.1", description="address the embedded broker listens on")
    port: int = Field(default=1883, ge=0, le=65535, description="its port; 0 takes a free one")
    durable: bool = Field(
        default=True,
        description="the embedded broker flushes every message to disk (about 3,000 a second)",
    )
    certificate: Path | None = Field(
        default=None, description="TLS certificate of the embedded broker"
    )
    key: Path | None = Field(default=None, description="its private key")
    authority: Path | None = Field(default=None, description="CA file that proves your own broker")

    @model_validator(mode="after")
    def _pair(self) -> Self:
        return _both_or_none(self, self.certificate, self.key)


class Database(Section):
    """People, alerts, decisions."""

    url: str | None = Field(
        default=None,
        description="PostgreSQL by its SQLAlchemy URL; empty: state.db in the data folder",
    )


class Journal(Section):
    """The truth of the last days."""

    retention_days: int = Field(
        default=30, ge=1, le=3650, description="how long raw messages are kept"
    )
    payload_limit: int = Field(
        default=65_536,
        ge=256,
        le=1_048_576,
        description="bytes; a longer message becomes a dead letter",
    )
    ballast_mib: int = Field(
        default=16, ge=0, description="disk kept free for alerts when it is full"
    )


class Series(Section):
    """Where readings are kept for good."""

    store: Literal["duckdb", "influxdb"] = Field(default="duckdb", description="which store")
    memory_mib: int = Field(default=1024, ge=128, description="DuckDB's memory cap")
    url: str | None = Field(default=None, description="InfluxDB's address")
    token: str | None = Field(default=None, description="InfluxDB's token")
    org: str = Field(default="", description="InfluxDB's organisation")
    bucket: str = Field(default="homecare", description="InfluxDB's bucket or database")

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.store == "influxdb" and not self.url:
            raise ValueError("store = 'influxdb' needs series.url, InfluxDB's address")
        return self


class Watch(Section):
    """How the rules engine keeps time."""

    watermark_delay_ms: int = Field(
        default=2_000,
        ge=0,
        le=60_000,
        description="how long a wall-clock site waits for slow messages",
    )
    silence_factor: float = Field(
        default=3.0,
        ge=1.5,
        description="a device is silent after this many of its expected intervals",
    )
    snapshot_s: float = Field(
        default=10.0, gt=0, description="seconds between snapshots of the engine"
    )
    compiled_from_residents: int = Field(
        default=50,
        ge=0,
        description="with so many residents the rules run compiled: faster, 100 MiB more memory",
    )


class Web(Section):
    """The pages and the API."""

    host: str = Field(default="127.0.0.1", description="address the web listens on")
    port: int = Field(default=8080, ge=0, le=65535, description="its port; 0 takes a free one")
    public_url: str | None = Field(default=None, description="address that phones use, for links")
    certificate: Path | None = Field(default=None, description="TLS certificate file")
    key: Path | None = Field(default=None, description="its private key")
    session_hours: int = Field(default=12, ge=1, le=168, description="how long a sign-in lasts")

    @model_validator(mode="after")
    def _pair(self) -> Self:
        return _both_or_none(self, self.certificate, self.key)


class Log(Section):
    """Structured logs; no health value ever stands in one."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="from which on"
    )
    format: Literal["json", "text"] = Field(
        default="json", description="one JSON object a line, or text"
    )


class Settings(BaseSettings):
    """All settings of one gateway."""

    model_config = SettingsConfigDict(
        env_prefix="HOMECARE_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    data: Path = Field(default=Path("data"), description="folder of everything the gateway keeps")
    keys: Path | None = Field(
        default=None, description="folder of the sealing keys; empty: `keys` inside the data folder"
    )
    demo: bool = Field(
        default=False, description="set by `homecare demo`: refuses sites that are not demo"
    )
    broker: Broker = Broker()
    database: Database = Database()
    journal: Journal = Journal()
    series: Series = Series()
    watch: Watch = Watch()
    web: Web = Web()
    log: Log = Log()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what is handed over: `load` alone joins file, environment and options."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)

    @property
    def state_place(self) -> str | Path:
        """Where the state database is: for `gateway.db.open_state`."""
        return self.database.url or self.data / "state.db"

    @property
    def journal_file(self) -> Path:
        """Where the journal is: always a file of its own, so that web writes never queue behind."""
        return self.data / "journal.db"

    @property
    def key_folder(self) -> Path:
        """Keys lie apart from data where an operator says so, so that backups can be apart."""
        return self.keys or self.data / "keys"


def find(file: Path | None = None) -> Path | None:
    """The settings file: the one asked for, or HOMECARE_CONFIG's, or ./homecare.toml, or none."""
    if file is not None:
        return file
    if named := os.environ.get(FILE_VARIABLE):
        return Path(named)
    here = Path("homecare.toml")
    return here if here.is_file() else None


def load(file: Path | None = None, **overrides: Any) -> Settings:
    """Settings: a command's own `overrides` over the environment over `file` (none: defaults).

    An override may be a part of a table, as in `load(file, web={"port": 0})`.
    Raises Refused, naming the unknown key and the nearest known one, or the value and its limits,
    and where it was said.
    """
    from_file = _read(file) if file is not None else {}
    _refuse_unknown_variables(os.environ)
    from_environment = EnvSettingsSource(Settings)()
    try:
        return Settings(**_joined(_joined(from_file, from_environment), overrides))
    except ValidationError as error:
        told: dict[str, Mapping[str, Any]] = {
            "the command line": overrides,
            "the environment": from_environment,
            str(file): from_file,
        }
        raise Refused("read settings", *_explain(error, told)) from error


def keys() -> Iterator[tuple[str, FieldInfo]]:
    """Every key with its declaration, as `web.port`, in the order of the file."""
    for name, field in Settings.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, Section):
            for key, declared in inner.model_fields.items():
                yield f"{name}.{key}", declared
        else:
            yield name, field


def variable(key: str) -> str:
    """The environment variable of a key: `web.port` → HOMECARE_WEB__PORT."""
    return PREFIX + key.upper().replace(".", "__")


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        hint = f"Name an existing file with --config or {FILE_VARIABLE}, or none for the defaults"
        raise Refused("read settings", str(file), "there is no such file", hint) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        hint = f"It must be TOML in UTF-8; {DOCUMENT} has an example"
        raise Refused("read settings", str(file), str(error), hint) from error


def _joined(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    joined = dict(under)
    for name, value in over.items():
        below = joined.get(name)
        both = isinstance(value, Mapping) and isinstance(below, Mapping)
        joined[name] = {**below, **value} if both else value  # type: ignore[dict-item]
    return joined


def _refuse_unknown_variables(environment: Mapping[str, str]) -> None:
    known = {variable(key) for key, _ in keys()} | {FILE_VARIABLE, TOKEN_VARIABLE}
    for name in sorted(environment):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            hint = _nearest(name.upper(), known, "variables")
            raise Refused("read settings", "the environment", f"unknown variable {name}", hint)


def _explain(error: ValidationError, told: dict[str, Mapping[str, Any]]) -> tuple[str, str, str]:
    """Where, what is wrong, what to do: of the first problem, with a count of the others."""
    problems = error.errors()
    first = problems[0]
    path = [str(part) for part in first["loc"]]
    where = next((name for name, table in told.items() if _holds(table, path)), "settings")
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    key = ".".join(path)
    if first["type"] == "extra_forbidden":
        return where, f"unknown key {key!r}{more}", _nearest(key, {k for k, _ in keys()}, "keys")
    message = first["msg"].removeprefix("Value error, ")
    message = message[0].lower() + message[1:]
    secret = path[-1] in SECRETS or isinstance(first["input"], dict | BaseModel)
    given = "" if secret else f", not {first['input']!r}"
    return where, f"{key}: {message}{given}{more}", f"{DOCUMENT} lists every key with its limits"


def _holds(table: Mapping[str, Any], path: list[str]) -> bool:
    inner: Any = table
    for part in path:
        if not isinstance(inner, Mapping) or part not in inner:
            return False
        inner = inner[part]
    return bool(path)


def _nearest(word: str, known: set[str], what: str) -> str:
    near = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    if near:
        return f"Did you mean {near[0]!r}?"
    return f"Known {what}: {', '.join(sorted(known))}"
