"""MQTT, and the only place that knows paho: a subscriber that loses nothing, and a publisher.

What is particular here was learnt from paho's source and from failures (ADR 0001): manual
acknowledgement after the journal's commit, epochs, a proof of life that goes through the broker,
and a network loop of our own, so that reading stops while the journal lags.
"""

from gateway.mqtt.address import Address
from gateway.mqtt.fleet import Fleet, FleetState
from gateway.mqtt.link import Delivery, Link, Ticket
from gateway.mqtt.publisher import Publisher, Receipt, Will
from gateway.mqtt.session import prepare_session
from gateway.mqtt.subscriber import Subscriber

__all__ = [
    "Address",
    "Delivery",
    "Fleet",
    "FleetState",
    "Link",
    "Publisher",
    "Receipt",
    "Subscriber",
    "Ticket",
    "Will",
    "prepare_session",
]
