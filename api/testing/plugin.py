"""Fixtures for pytest; `pytest_plugins = ["api.testing.plugin"]` in a conftest turns them on."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from api.cli.simulate.additions import catalogue
from api.testing.home import START, VirtualHome
from api.testing.life import a_life
from api.testing.whole import VirtualGateway
from rules.rule import Rule

MakeHome = Callable[..., VirtualHome]
MakeGateway = Callable[..., VirtualGateway]


@pytest.fixture
def virtual_home(tmp_path: Path) -> Iterator[MakeHome]:
    """`virtual_home("copd", …)`: people of these personas, their devices, a gateway that listens.

    devices: models beyond their own; region: one of the six; start: ms UTC; seed: which life;
    added: files with one's own devices, personas and faults; rules: the live ones.
    """
    with ExitStack() as stack:
        made: list[VirtualHome] = []

        def make(
            *personas: str,
            devices: tuple[str, ...] = (),
            region: str = "donegal",
            start: int = START,
            seed: int = 1,
            added: tuple[Path | str, ...] = (),
            rules: tuple[Rule, ...] | None = None,
            **settings: Any,
        ) -> VirtualHome:
            own = catalogue([Path(file) for file in added])
            life = a_life(personas, devices, region, start, seed, own)
            made.append(VirtualHome(tmp_path / f"home-{len(made)}", life, rules, **settings))
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

        def make(
            *personas: str,
            devices: tuple[str, ...] = (),
            region: str = "donegal",
            start: int = START,
            seed: int = 1,
            added: tuple[Path | str, ...] = (),
        ) -> VirtualGateway:
            own = catalogue([Path(file) for file in added])
            life = a_life(personas, devices, region, start, seed, own)
            made.append(VirtualGateway(tmp_path / f"gateway-{len(made)}", life))
            stack.callback(made[-1].close)
            made[-1].start()
            return made[-1]

        yield make
