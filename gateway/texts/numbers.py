"""The words of a rule that give numbers: one template for every phrase key (`phrases`)."""

from collections.abc import Mapping

from gateway.texts.catalogues import N_

NUMBER_TEMPLATES: Mapping[str, str] = {
    "latest.valid": N_("{signal} (from {valid_low} to {valid_high})"),
    "fall": N_("the fall of {signal} from its highest within {within}"),
    "difference": N_("how far {value} stands above {less}"),
    "first": N_("the first {signal} within {within}"),
    "lowest": N_("the lowest {signal} within {within}"),
    "highest": N_("the highest {signal} within {within}"),
    "mean": N_("the mean {signal} within {within}"),
    "median": N_("the median {signal} within {within}"),
    "total": N_("the total {signal} within {within}"),
    "count": N_("the number of reports of {signal} within {within}"),
    "count.heard": N_("the number of reports of {signal} heard within {within}"),
    "slope": N_("the trend of {signal} within {within}"),
    "baseline": N_("the usual {signal} (mean of the {over} before)"),
    "baseline.median": N_("the usual {signal} (median of the {over} before)"),
    "baseline.hour": N_("the usual {signal} at that hour (mean of the {over} before)"),
    "baseline.median.hour": N_("the usual {signal} at that hour (median of the {over} before)"),
    "deviation": N_(
        "how far {signal} is from what is usual (mean of the {over} before), in usual spreads"
    ),
    "deviation.median": N_(
        "how far {signal} is from what is usual (median of the {over} before), in usual spreads"
    ),
    "deviation.hour": N_(
        "how far {signal} is from what is usual at that hour (mean of the {over} before), "
        "in usual spreads"
    ),
    "deviation.median.hour": N_(
        "how far {signal} is from what is usual at that hour (median of the {over} before), "
        "in usual spreads"
    ),
    "points": N_("the points for {value} ({bands})"),
    "points.truth": N_("{true} points if {condition}, else {false}"),
    "band": N_("{points} from {low} to {high}"),
    "band.low": N_("{points} up to {high}"),
    "band.high": N_("{points} from {low} on"),
    "band.state": N_("{points} for {state}"),
    "score": N_("the sum of {parts} (with at least {needs} of {count} known)"),
    "score.highest": N_("the highest of {parts} (with at least {needs} of {count} known)"),
    "choose": N_("{then} if {condition}, else {else}"),
    "time_true": N_("the time within {within} during which {condition}"),
    "time_true.heard": N_("the time within {within} during which, as far as is known, {condition}"),
    "times_true": N_("the number of times within {within} that {condition}"),
    "times_true.heard": N_(
        "the number of times within {within} that, as far as is known, {condition}"
    ),
    "transitions": N_("the number of moves between {places} within {within}"),
    "transitions.heard": N_("the number of moves heard between {places} within {within}"),
    "place": "{place}",  # nothing to translate
}
