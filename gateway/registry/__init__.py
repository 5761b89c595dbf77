"""The registry: sites, homes, residents and devices as intervals of time, and their import.

from gateway.registry import Directory, Registry, Holding, DeviceEntry
from gateway.registry import importing, changing, credentials
"""

from gateway.registry.credentials import Credential, NewPassword, gateway_credential, rotate
from gateway.registry.directory import Directory
from gateway.registry.entries import (
    ALARMS,
    DeviceEntry,
    Holding,
    HomeEntry,
    ResidentEntry,
    SiteEntry,
    Standing,
)
from gateway.registry.registry import Registry

__all__ = [
    "ALARMS",
    "Credential",
    "DeviceEntry",
    "Directory",
    "Holding",
    "HomeEntry",
    "NewPassword",
    "Registry",
    "ResidentEntry",
    "SiteEntry",
    "Standing",
    "gateway_credential",
    "rotate",
]
