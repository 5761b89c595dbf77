"""The menu: at most five entries, by role; what one has no right to is not shown at all."""

from dataclasses import dataclass

from gateway.access import Action, Viewer


@dataclass(frozen=True, slots=True)
class Entry:
    """One place to go."""

    key: str  # the word behind gettext and the icon's name
    href: str
    current: bool


# key, address, the action that a viewer needs at one of their sites (None: everyone signed in)
PLACES: tuple[tuple[str, str, Action | None], ...] = (
    ("alerts", "/alerts", Action.SEE_ALERTS),
    ("residents", "/residents", Action.SEE_READINGS),
    ("devices", "/devices", Action.SEE_DEVICES),
    ("reviews", "/reviews", Action.SEE_REVIEWS),
    ("simulator", "/simulator", Action.SIMULATE),
    ("operations", "/operations", Action.SEE_OPERATIONS),
    ("me", "/me", None),
)
LIMIT = 5  # what a thumb finds at 360 px


def entries(viewer: Viewer | None, path: str, *, simulated: bool = False) -> list[Entry]:
    """What this viewer may open; `me` always stays. `simulated`: such sites of theirs exist."""
    if viewer is None:
        return []
    allowed = [place for place in PLACES if place[2] is None or can(viewer, place[2])]
    if not simulated:
        allowed = [place for place in allowed if place[0] != "simulator"]
    for spare in ("simulator", "operations"):  # who has so many tasks finds these another way
        if len(allowed) > LIMIT:
            allowed = [place for place in allowed if place[0] != spare]
    here = f"/reviews{path.removeprefix('/rules')}" if _within(path, "/rules") else path
    return [Entry(key, href, _within(here, href)) for key, href, _ in allowed]


def _within(path: str, href: str) -> bool:
    return path == href or path.startswith(f"{href}/")


def can(viewer: Viewer, action: Action) -> bool:
    """Whether the viewer may do it at any of their sites."""
    return any(viewer.may(action, site) for site in viewer.sites())
