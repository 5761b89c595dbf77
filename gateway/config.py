"""Settings: one documented TOML file and environment variables; unknown keys are refused.

`homecare.toml` beside the data, or the file that HOMECARE_CONFIG names. An environment variable
such as HOMECARE_WEB__PORT overrides the file. `docs/operators/settings.md` lists every key; a test
holds the two together.
"""

import difflib
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from devices.errors import Refused


class Section(BaseModel):
    """A table of the settings file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Broker(Section):
    """Where devices publish."""

    url: str | None = Field(
        None, description="mqtt:// or mqtts:// address of your own broker; empty: the embedded one"
    )
    username: str | None = Field(None, description="the gateway's own user at your broker")
    password: str | None = Field(None, description="its password")
    protocol: Literal["3.1.1", "5"] = Field(
        "3.1.1", description="MQTT version spoken to your own broker (the embedded one: 3.1.1)"
    )
    host: str = Field("127.0.0.1", description="address the embedded broker listens on")
    port: int = Field(1883, ge=0, le=65535, description="its port; 0 takes a free one")
    durable: bool = Field(
        True, description="the embedded broker flushes every message to disk (about 3,000 a second)"
    )
    certificate: Path | None = Field(None, description="TLS certificate of the embedded broker")
    key: Path | None = Field(None, description="its private key")
    authority: Path | None = Field(None, description="CA file that proves your own broker")


class Journal(Section):
    """The truth of the last days."""

    retention_days: int = Field(30, ge=1, le=3650, description="how long raw messages are kept")
    payload_limit: int = Field(
        65_536, ge=256, le=1_048_576, description="bytes; a longer message becomes a dead letter"
    )
    ballast_mib: int = Field(16, ge=0, description="disk kept free for alerts when it is full")


class Series(Section):
    """Where readings are kept for good."""

    store: Literal["duckdb", "influxdb"] = Field("duckdb", description="which store")
    memory_mib: int = Field(1024, ge=128, description="DuckDB's memory cap")
    url: str | None = Field(None, description="InfluxDB's address")
    token: str | None = Field(None, description="InfluxDB's token")
    org: str = Field("", description="InfluxDB's organisation")
    bucket: str = Field("homecare", description="InfluxDB's bucket or database")


class Watch(Section):
    """How the rules engine keeps time."""

    watermark_delay_ms: int = Field(
        2_000, ge=0, le=60_000, description="how long a wall-clock site waits for slow messages"
    )
    silence_factor: float = Field(
        3.0, ge=1.5, description="a device is silent after this many of its expected intervals"
    )
    snapshot_s: float = Field(10.0, gt=0, description="seconds between snapshots of the engine")


class Web(Section):
    """The pages and the API."""

    host: str = Field("127.0.0.1", description="address the web listens on")
    port: int = Field(8080, ge=0, le=65535, description="its port; 0 takes a free one")
    public_url: str | None = Field(None, description="address that phones use, for links")
    certificate: Path | None = Field(None, description="TLS certificate file")
    key: Path | None = Field(None, description="its private key")
    session_hours: int = Field(12, ge=1, le=168, description="how long a sign-in lasts")


class Log(Section):
    """Structured logs; no health value ever stands in one."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="from which on")
    format: Literal["json", "text"] = Field("json", description="one JSON object a line, or text")


class Settings(BaseSettings):
    """All settings of one gateway."""

    model_config = SettingsConfigDict(
        env_prefix="HOMECARE_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    data: Path = Field(Path("data"), description="folder of everything the gateway keeps")
    keys: Path | None = Field(
        None, description="folder of the sealing keys; empty: `keys` inside the data folder"
    )
    demo: bool = Field(False, description="set by `homecare demo`: refuses sites that are not demo")
    broker: Broker = Broker()
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
        """Environment over file (the file arrives as init values): no other source."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings

    @property
    def key_folder(self) -> Path:
        """Keys lie apart from data where an operator says so, so that backups can be apart."""
        return self.keys or self.data / "keys"


def load(file: Path | None = None, **overrides: Any) -> Settings:
    """Settings from `file` (none: defaults), the environment, and a command's own `overrides`.

    Raises Refused, naming the unknown key and the nearest known one, or the value and its limits.
    """
    table: dict[str, Any] = {}
    where = str(file) if file else "settings"
    if file is not None:
        try:
            table = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise Refused("read settings", where, str(error), "Mend the file and try again") from (
                error
            )
    for name, value in overrides.items():
        merged = {**table.get(name, {}), **value} if isinstance(value, dict) else value
        table[name] = merged
    try:
        return Settings(**table)
    except ValidationError as error:
        raise Refused("read settings", where, *_explain(error)) from error


def _explain(error: ValidationError) -> tuple[str, str]:
    first = error.errors()[0]
    path = [str(part) for part in first["loc"]]
    key = ".".join(path)
    if first["type"] == "extra_forbidden":
        known = _known_keys()
        near = difflib.get_close_matches(key, known, n=1, cutoff=0.4)
        hint = f"Did you mean {near[0]!r}?" if near else f"Known keys: {', '.join(known)}"
        return f"unknown key {key!r}", hint
    return f"{key}: {first['msg']}", "docs/operators/settings.md lists every key with its limits"


def _known_keys() -> list[str]:
    known = []
    for name, field in Settings.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, Section):
            known += [f"{name}.{key}" for key in inner.model_fields]
        else:
            known.append(name)
    return known
