"""A rulebook by name: the starter set, the library, a site's own, a folder of rule files."""

from pathlib import Path
from typing import TYPE_CHECKING

from devices.errors import Refused

if TYPE_CHECKING:
    from reviews.detecting import Rulebook

NAMED = ("starter", "library")


def rulebook(name: str, config: Path | None, data: Path | None) -> "Rulebook":
    """Raises Refused where it is none of them, RuleRefused for a file that is no rule."""
    from reviews.detecting import Chosen, Rulebook
    from rules.packs import library_rules, starter_rules

    if name in NAMED:
        rules = starter_rules() if name == "starter" else library_rules()
        return Rulebook(name, tuple(Chosen(rule, {}) for rule in rules))
    if name.startswith("site:"):
        return _of_site(name.removeprefix("site:"), config, data)
    path = Path(name)
    if path.exists():
        return _of_files(name, path)
    raise Refused(
        "score a rulebook",
        name,
        "no rulebook of that name, and no file or folder",
        "Known: starter, library, site:NAME, or a path to rule files",
    )


def _of_files(name: str, path: Path) -> "Rulebook":
    from api.cli.rulefiles import _files, read_file
    from reviews.detecting import Chosen, Rulebook
    from rules.rule import Rule

    read = [read_file(one) for one in _files([path])]
    rules = [one for one in read if isinstance(one, Rule)]
    twice = {one.name for one in rules if [r.name for r in rules].count(one.name) > 1}
    if twice or not rules:
        problem = f"{min(twice)} stands twice" if twice else "no rule in it"
        raise Refused("score a rulebook", name, problem, "Name a folder of rule files")
    return Rulebook(name, tuple(Chosen(rule, {}) for rule in rules))


def _of_site(site: str, config: Path | None, data: Path | None) -> "Rulebook":
    from api.cli.databases import state
    from api.cli.following import watermarks
    from api.cli.options import near
    from gateway.clock import SystemClock
    from gateway.db import reading
    from gateway.registry import Registry
    from reviews.floors import live_rulebook

    clock = SystemClock()
    with state(near(config, data)) as engine:
        sites = Registry(engine, clock).directory.sites
        if site not in {one.id for one in sites.values()}:
            known = ", ".join(sorted(one.id for one in sites.values())) or "none yet"
            raise Refused("score a rulebook", f"site:{site}", "no such site", f"Known: {known}")
        now = watermarks(engine).get(site, clock.now())
        with reading(engine) as conn:
            return live_rulebook(conn, site, now)
