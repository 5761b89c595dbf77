"""A rule file at the door of a site: checked, and true to its own examples."""

from devices.errors import Spoken
from rules.checks.checking import checked_rule
from rules.checks.examples import run_examples
from rules.errors import refuse
from rules.rule import Rule

NEEDED = ("fires", "quiet")  # kinds of examples without which nobody has shown what a rule does


def admitted(text: str, file: str = "the rule file") -> Rule:
    """The rule. Raises RuleRefused: what `check` finds, examples that are missing or fail."""
    rule = checked_rule(text, file)
    kinds = {example.kind for example in rule.examples}
    missing = [kind for kind in NEEDED if kind not in kinds]
    if missing:
        problem = Spoken("no example of this kind: {words}", words=", ".join(missing))
        raise refuse(file, 1, "examples", problem, Spoken("Its examples are its tests"))
    for outcome in run_examples(rule):
        if not outcome.passed:
            expected, got = (", ".join(t) or "nothing" for t in (outcome.expected, outcome.got))
            problem = Spoken(
                "{name} expects {expected}, but it says {got}",
                name=repr(outcome.example.name),
                expected=expected,
                got=got,
            )
            hint = outcome.remark or "See why with homecare rules test"
            raise refuse(file, outcome.example.line, "examples", problem, hint)
    return rule
