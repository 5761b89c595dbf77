"""Fixtures for pytest; `pytest_plugins = ["api.testing.plugin"]` in a conftest turns them on."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from api.testing.home import VirtualHome
from api.testing.life import a_life
from api.testing.whole import VirtualGateway

MakeHome = Callable[..., VirtualHome]
MakeGateway = Callable[..., VirtualGateway]
OF_A_LIFE = {"devices", "region", "start", "seed", "added"}  # the rest is its gateway's


@pytest.fixture
def virtual_home(tmp_path: Path) -> Iterator[MakeHome]:
    """`virtual_home("copd", …)`: people of these personas, their devices, a gateway that listens.

    devices: models beyond their own; region: one of the six; start: ms UTC; seed: which life;
    added: files with one's own devices, personas and faults; rules: the live ones, by default the
    starter set. Any other key is a setting, as `gateway.config.load` has.
    """
    with ExitStack() as stack:
        made: list[VirtualHome] = []

        def make(*personas: str, **keys: Any) -> VirtualHome:
            life = a_life(*personas, **{key: keys.pop(key) for key in OF_A_LIFE & keys.keys()})
            made.append(VirtualHome(tmp_path / f"home-{len(made)}", life, **keys))
            stack.callback(made[-1].close)
            return made[-1]

        yield make


@pytest.fixture
def virtual_gateway(tmp_path: Path) -> Iterator[MakeGateway]:
    """The same on a whole gateway: its broker, its processes, its pages; some seconds to start.

    The test has to be allowed sockets on 127.0.0.1.
    """
    with ExitStack() as stack:
        made: list[VirtualGateway] = []

        def make(*personas: str, **keys: Any) -> VirtualGateway:
            life = a_life(*personas, **keys)
            made.append(VirtualGateway(tmp_path / f"gateway-{len(made)}", life))
            stack.callback(made[-1].close)
            made[-1].start()
            return made[-1]

        yield make
