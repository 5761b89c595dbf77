"""Definitions of the words that join conditions."""

from tests.properties.oracle.world import answers


def all_of(body, world):
    return [_all(column) for column in zip(*(answers(c, world) for c in body), strict=True)]


def _all(column):
    if 0 in column:
        return 0
    return None if None in column else max(column)


def any_of(body, world):
    return [_any(column) for column in zip(*(answers(c, world) for c in body), strict=True)]


def _any(column):
    true = [x for x in column if x]
    if true:
        return max(true)
    return None if None in column else 0


def negation(body, world):
    return [None if x is None else int(not x) for x in answers(body, world)]


def unless(body, world):
    condition = answers(body["condition"], world)
    exception = answers(body["exception"], world)
    return [0 if e else c for c, e in zip(condition, exception, strict=True)]


def at_least(body, world):
    enough = int(body["number"])
    out = []
    for column in zip(*(answers(c, world) for c in body["of"]), strict=True):
        true = [x for x in column if x]
        if len(true) >= enough:
            out.append(max(true))
        else:
            out.append(None if len(true) + column.count(None) >= enough else 0)
    return out


JOINING = {"at_least": at_least, "all": all_of, "any": any_of, "not": negation, "unless": unless}
