"""What becomes of each column of text when a person is erased: one of four things.

| fate | what it is | what is done |
|---|---|---|
| WHO | a resident's id, and nothing else | replaced by the pseudonym |
| SAID | words of people, or JSON that may name somebody | each of the person's words is replaced |
| OWN | values or free words about the person | emptied in rows that are about them, else as SAID |
| KEPT | addresses, states, hashes, rules: nobody's | nothing |

A test holds that every column of text in the state database stands here: who adds a table decides.
"""

WHO: dict[str, tuple[str, ...]] = {
    "alert": ("resident",),
    "audit": ("resident",),
    "consent": ("resident",),
    "episode": ("resident",),
    "occupancy": ("resident",),
    "placement": ("owner",),
    "user_account": ("resident",),
}
SAID: dict[str, tuple[str, ...]] = {
    "alert": ("subject", "owner_name"),
    "alert_event": ("by_name",),
    "alert_voice": ("words",),
    "audit": ("login", "object"),
    "backtest": ("question", "result", "problem", "by_name"),
    "dead_letter": ("reason",),
    "decision": ("reasons", "dissent", "present", "by_name"),
    "episode": ("subject",),
    "evidence": ("result", "problem"),
    "home": ("label", "area"),
    "mandate": ("by_name", "reason"),
    "position": ("reason", "interest", "by_name"),
    "program_token": ("label",),
    "proposal": ("reason", "by_name"),
    "review": ("question", "opened_name"),
    "review_step": ("words", "by_name"),
    "rulebook_change": ("before", "after", "reason", "by_name"),
    "user_account": ("login", "name"),
}
OWN: dict[str, dict[str, str | None]] = {  # column: what an emptied one holds
    "alert": {"phrase": None, "note": None},
    "audit": {"detail": ""},
    "episode": {"evidence": "[]", "phrase": None},
}
GONE = ("pause", "resident_parameter", "sharing", "slot")  # rows of the person: deleted
KEPT: dict[str, tuple[str, ...]] = {
    "alert": (
        *("code", "site", "home", "rule_name", "version", "title", "guidance", "priority"),
        *("state", "yields_to", "disposition", "response"),
    ),
    "alert_voice": ("said",),  # its words are emptied with the typed ones
    "alert_event": ("kind", "detail", "key"),  # what people typed in `detail` is emptied
    "audit": ("roles", "verb", "site"),
    "backtest": ("site", "state", "snapshot", "engine"),
    "consent": ("kind",),
    "credential": ("login", "site", "hash"),
    "dead_letter": ("site", "home", "device", "topic", "code"),
    "decision": ("outcome", "floors"),
    "device": ("site", "home", "id", "dialect", "hub", "model", "signals"),
    "episode": ("site", "home", "rule_name", "version", "mode", "ending"),
    "evidence": ("purpose", "text_hash", "values", "mode", "state", "snapshot", "engine"),
    "forecast": ("measure",),
    "home": ("site", "id"),
    "mandate": ("site", "rule_name", "kind"),
    "occupancy": ("site", "home"),
    "outbox": ("key", "site", "channel", "purpose", "state", "reason"),
    "placement": ("site", "home", "device", "place", "serial"),
    "position": ("role", "stance"),
    "program_token": ("token_hash",),
    "program_token_scope": ("site", "role"),
    "proposal": ("text_hash", "values", "mode"),
    "resident": ("id", "site", "name", "language", "phone"),  # the row goes, an empty one comes
    "review": ("site", "rule_name", "cause", "phase"),
    "review_step": ("kind", "phase", "role"),
    "rule_version": ("text_hash", "version", "rule_name", "text"),  # known by its hash
    "rulebook_change": ("site", "rule_name", "kind"),
    "rulebook_entry": ("site", "rule_name", "lane", "mode", "text_hash", "values"),
    "session": ("token_hash", "agent"),  # those of the person's account end and go
    "sign_in_attempt": ("key",),
    "sign_in_link": ("token_hash", "purpose"),
    "site": (
        *("id", "name", "zone", "languages", "emergency", "fallback_phone", "clock"),
        "holidays",
    ),
    "user_account": ("language", "password_hash"),
    "user_grant": ("site", "role"),
    "watch_projection": ("name",),
    "watch_site": ("site",),
    "watch_snapshot": ("site", "data"),  # the site's goes: it is rebuilt from what is left
}
