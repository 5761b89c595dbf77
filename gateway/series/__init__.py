"""Readings over time: stores behind one protocol, the projector that feeds them, the room to read.

`open_store` is the only place that knows which stores there are.
"""

from typing import TYPE_CHECKING

from devices.errors import Refused

if TYPE_CHECKING:
    from gateway.config import Settings
    from gateway.series.store import Store


def open_store(settings: "Settings") -> "Store":
    """The store that the settings name. Raises Refused or Failed.

    Drivers are imported here, so that a gateway loads only the one that it uses.
    """
    folder = settings.data / "series"
    if settings.series.store == "duckdb":
        from gateway.series.duckdb import DuckDBStore

        return DuckDBStore(folder / "readings.duckdb", settings.series.memory_mib)
    from gateway.series.influx import InfluxStore

    if not settings.series.url:
        raise Refused(
            "open the series store",
            "influxdb",
            "no address is set",
            "Set series.url, such as http://127.0.0.1:8086",
        )
    return InfluxStore(
        folder,
        settings.series.url,
        settings.series.token,
        settings.series.org,
        settings.series.bucket,
    )
