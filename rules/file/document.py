"""A file in the language of rules: a rule, or a named expression."""

from rules.file.language import Rule, parse_rule
from rules.file.marked import load
from rules.file.named import NAMED
from rules.file.naming import Named, read_named


def read_document(text: str, file: str) -> Rule | Named:
    """Raises RuleRefused. A named expression may use those that ship."""
    marked = load(text, file)
    if not isinstance(marked.data, dict) or not {"truth", "number"} & set(marked.data):
        return parse_rule(text, file)
    name = marked.data.get("name")
    others = {f"shipped {one.file}": one.text for one in NAMED.values() if one.name != name}
    return read_named({**others, file: text})[str(name)]
