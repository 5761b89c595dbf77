"""What the intake's stories share."""

import pytest


@pytest.fixture(autouse=True)
def _little_patience(monkeypatch):
    """The broker brings stranded messages again after two seconds in place of ten."""
    monkeypatch.setattr("gateway.intake.broker_config.ACK_WAIT_S", 2)
