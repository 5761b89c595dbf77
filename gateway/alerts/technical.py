"""What technical alerts there are: a closed list. Its texts go through gettext when shown."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.texts import N_


@dataclass(frozen=True, slots=True)
class TechnicalKind:
    """One kind: what it is called, what to do."""

    name: str
    title: str
    guidance: tuple[str, ...]


_KINDS: tuple[TechnicalKind, ...] = (
    TechnicalKind(
        "device-silent",
        N_("A device is not heard"),
        (N_("Check its battery and whether it stands where it should"),),
    ),
    TechnicalKind(
        "metric-silent",
        N_("A device is heard, but one of its measurements is not"),
        (N_("Check the sensor; it may be broken or taken off"),),
    ),
    TechnicalKind(
        "home-silent",
        N_("A home is not heard"),
        (N_("Check power and network of the hub in this home"),),
    ),
    TechnicalKind(
        "home-cannot-see",
        N_("We cannot see whether somebody moves in this home"),
        (
            N_("Phone or visit if you would otherwise rely on it"),
            N_("Check the motion sensors and the hub"),
        ),
    ),
    TechnicalKind(
        "site-offline",
        N_("Many homes went silent at once"),
        (N_("Look for a power or network outage in the area before visiting homes"),),
    ),
    TechnicalKind(
        "gateway-gap",
        N_("The gateway itself did not hear for a while"),
        (N_("Rules about absence say nothing of that time"),),
    ),
    TechnicalKind(
        "broker-gap",
        N_("The broker lost our session: messages may be missing"),
        (N_("Look at the broker's log and disk"),),
    ),
    TechnicalKind(
        "spoofed",
        N_("A device published for a home that is not its own"),
        (N_("Check which credential the device was given"),),
    ),
    TechnicalKind(
        "implausible",
        N_("A device sends values that cannot be"),
        (N_("Check the device, and that the right person uses it"),),
    ),
    TechnicalKind(
        "clock-future",
        N_("A device's clock is ahead"),
        (N_("Set its clock; until then the time of receipt is used"),),
    ),
    TechnicalKind(
        "messages-missing",
        N_("Messages of a device never came"),
        (N_("Check the link between the hub and the gateway"),),
    ),
    TechnicalKind(
        "counter-reset",
        N_("A device counts its messages anew"),
        (N_("Check its battery; nothing was lost here"),),
    ),
    TechnicalKind(
        "call-refused",
        N_("An SOS or a fall came from somebody without recorded consent"),
        (N_("Phone the home now, then mend the registry"),),
    ),
    TechnicalKind(
        "rule-broken",
        N_("A rule cannot run"),
        (N_("Open the rule's page; the version before it still stands in the rulebook"),),
    ),
    TechnicalKind(
        "handler-failed",
        N_("The gateway could not handle a message"),
        (N_("Look at the dead letters; tell the developers"),),
    ),
    TechnicalKind(
        "clock-stepped",
        N_("The gateway's clock went back"),
        (N_("Check the time server of the machine"),),
    ),
    TechnicalKind(
        "mandate-expiring",
        N_("A rule's first mandate ends soon"),
        (N_("Open a review that decides about the rule"),),
    ),
    TechnicalKind(
        "mandate-expired",
        N_("A rule runs without a valid mandate"),
        (N_("Open a review that decides about the rule"),),
    ),
    TechnicalKind(
        "review-overdue",
        N_("A stopped rule waits for its review"),
        (N_("Open the review"),),
    ),
)

KINDS: Mapping[str, TechnicalKind] = {kind.name: kind for kind in _KINDS}
