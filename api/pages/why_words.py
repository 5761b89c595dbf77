"""The words of why and why not: heads of composed conditions, brakes, what became of an alert."""

from collections.abc import Mapping

from gateway.texts import N_

HEADS: Mapping[str, str] = {  # of conditions whose parts stand on lines of their own
    "all": N_("All of these"),
    "any": N_("At least one of these"),
    "not": N_("The opposite of this"),
    "unless": N_("The first of these, unless the second"),
    "lasting": N_("This, for at least {for} without a break"),
    "keep": N_("This, now or within the last {for}"),
    "times": N_("This, begun at least {at_least} times within {within}"),
    "then": N_("The first of these, then within {within} the second"),
    "at_least": N_("At least {number} of these"),
}
MARKS: Mapping[str, str] = {
    "true": N_("so"),
    "false": N_("not so"),
    "unknown": N_("unknown"),
}
BRAKES: Mapping[str, tuple[str, str]] = {  # kind: what is asked, what it means when it holds
    "no-consent": (
        N_("Consent"),
        N_("No consent then: nothing was watched, no value was kept."),
    ),
    "paused": (
        N_("Paused or away"),
        N_("Paused{since}{until}: nobody is alerted by what is measured."),
    ),
    "several-people": (
        N_("Lives alone"),
        N_("Several people lived there: the home's sensors speak for nobody."),
    ),
    "not-covered": (
        N_("Sensors heard"),
        N_("Not covered{since}{until}: that nothing came says nothing."),
    ),
    "not-live": (N_("In force"), N_("The rule did not run there then.")),
    "switched-off": (
        N_("On for this resident"),
        N_("Switched off for this resident{since}, by {by}."),
    ),
    "shadow": (N_("In shadow"), N_("It ran in shadow: recorded, never told.")),
    "site-not-live": (N_("Site in operation"), N_("The site is not in operation: nobody is told.")),
    "open-already": (
        N_("Alert open already"),
        N_("Alert {by} stood open{since}: what happens again is added to it."),
    ),
    "at-most": (
        N_("At most once in a while"),
        N_("Told {at} last: held back{until}."),
    ),
    "yields-to": (
        N_("Explained by a broader cause"),
        N_("Held back by “{by}”{since}: its alert stands."),
    ),
}
FREE: Mapping[str, str] = {  # the same, where it did not hold
    "no-consent": N_("agreed to"),
    "paused": N_("no"),
    "several-people": N_("yes"),
    "not-covered": N_("yes"),
    "not-live": N_("yes"),
    "switched-off": N_("yes"),
    "shadow": N_("no"),
    "site-not-live": N_("yes"),
    "open-already": N_("no"),
    "at-most": N_("nothing was told before in that time"),
    "yields-to": N_("no"),
}
SENT: Mapping[str, str] = {
    "waiting": N_("waiting to be sent"),
    "sent": N_("sent"),
    "dropped": N_("not sent"),
    "expired": N_("not sent: too late"),
}
