"""Where a rule names a place in which nothing stands: said before anybody decides on it."""

from gateway.registry import Directory
from gateway.rulebook.unheard import unheard
from gateway.texts import N_, catalogue
from gateway.texts.nouns import placed
from gateway.texts.phrases import capital
from rules.rule import Rule

UNHEARD = N_(
    "{signal}: no device reports it in {n} of {all} homes here. In those this rule can say nothing "
    "of it."
)


def unheard_lines(directory: Directory, site: str, rule: Rule, at: int, language: str) -> list[str]:
    """A sentence for each; how many homes, and not whose."""
    template = catalogue(language).gettext(UNHEARD)
    return [
        capital(
            template.format(
                signal=placed(one.source.signal, one.source.place, language),
                n=len(one.homes),
                all=one.among,
            )
        )
        for one in unheard(directory, site, rule, at)
    ]
