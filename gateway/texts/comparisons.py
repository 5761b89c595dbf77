"""The words of comparisons and of "not" (`rules.sentences.comparing`, `phrases`)."""

from collections.abc import Mapping

from gateway.texts.catalogues import N_

COMPARISON_TEMPLATES: Mapping[str, str] = {
    "above.difference": N_("{value} is more than {limit} above {less}"),
    "below.difference": N_("{value} is less than {limit} above {less}"),
    "above.deviation": N_(
        "{signal} is more than {limit} \N{MULTIPLICATION SIGN} its usual spread above {usual}"
    ),
    "below.deviation": N_(
        "{signal} is more than {limit} \N{MULTIPLICATION SIGN} its usual spread below {usual}"
    ),
    "above.time_true": N_("for more than {limit} within {within}: {condition}"),
    "above.time_true.heard": N_(
        "as far as is known, for more than {limit} within {within}: {condition}"
    ),
    "below.time_true": N_("for less than {limit} within {within}: {condition}"),
    "below.time_true.heard": N_(
        "as far as is known, for less than {limit} within {within}: {condition}"
    ),
    "above.times_true": N_("more than {limit} times within {within} this began: {condition}"),
    "above.times_true.heard": N_(
        "as far as is known, more than {limit} times within {within} this began: {condition}"
    ),
    "below.times_true": N_("fewer than {limit} times within {within} this began: {condition}"),
    "below.times_true.heard": N_(
        "as far as is known, fewer than {limit} times within {within} this began: {condition}"
    ),
    "some.times_true": N_("within {within} this began: {condition}"),
    "some.times_true.heard": N_("as far as is known, within {within} this began: {condition}"),
    "none.times_true": N_("not once within {within} did this begin: {condition}"),
    "none.times_true.heard": N_(
        "as far as is known, not once within {within} did this begin: {condition}"
    ),
    "above.count": N_("{signal} was reported more than {limit} times within {within}"),
    "above.count.heard": N_("{signal} was heard more than {limit} times within {within}"),
    "below.count": N_("{signal} was reported fewer than {limit} times within {within}"),
    "below.count.heard": N_("{signal} was heard fewer than {limit} times within {within}"),
    "some.count": N_("{signal} was reported within {within}"),
    "some.count.heard": N_("{signal} was heard within {within}"),
    "none.count": N_("{signal} was not reported within {within}"),
    "none.count.heard": N_("{signal} was not heard within {within}"),
    "not.above": N_("{value} is not above {limit}"),
    "not.below": N_("{value} is not below {limit}"),
    "not.none_for": N_("{signal.was} within the last {for}"),
    "not.lasting": N_("not yet for {for} without a break: {condition}"),
}
