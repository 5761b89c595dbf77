"""Every route, the address at which it is about the seeded site, and the roles that it lets in."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from rules.packs import starter_rules
from tests.pages import seed

LOGINS = {  # one of each role at the seeded site, and a carer of another
    "resident": "anna",
    "family": "fjola",
    "carer": "aoife",
    "coordinator": "katrin",
    "nurse": "bjarni",
    "facilitator": "freyja",
    "champion": "hekla",
    "decider": "dagur",
    "technician": "tomas",
    "admin": "admin",
    "elsewhere": "sean",
}
OTHER = {"elsewhere"}
OWN = {"resident", "family"}
CARE = {"carer", "nurse", "coordinator"}
NURSING = {"nurse", "coordinator"}
LAB = {"facilitator", "champion", "decider"}
TECHNICAL = {"technician", "admin"}
STAFF = CARE | TECHNICAL
SPEAKERS = OWN | CARE | LAB
HERE = SPEAKERS | TECHNICAL
ALL = HERE | OTHER
ANYONE = ALL | {"nobody"}  # before a sign-in too


@dataclass(frozen=True)
class Door:
    """One route at one address."""

    route: str  # as the application lists it
    lets_in: set[str]
    path: str = ""  # what stands in braces is an id of the seeded gateway
    form: dict[str, str] = field(default_factory=dict)
    json: object = None
    sites_own: bool = True  # False: a list, of which others see their own site's part

    @property
    def method(self):
        return self.route.split()[0]

    @property
    def address(self):
        return self.path or self.route.split()[1]


WRITING = Path(__file__).parents[2] / "docs" / "rules" / "writing.md"
(KITCHEN,) = re.findall(r"```yaml\n(.*?)```", WRITING.read_text(encoding="utf-8"), re.DOTALL)
KEY = {"key": "0123456789abcdef"}
WORDS = {"role": "resident", "words": "We saw it.", "reason": "Because.", "question": "Why?"}
IN = {"site": seed.SITE, "question": "Would it help here?"}
FILE = {"site": seed.SITE, "text": KITCHEN, "reason": "She asked for it."}
ACT = {**KEY, "disposition": "useful", "response": "phoned", "text": "Looked after."}
SWITCH = {"on": "0", "reason": "With her daughter until Sunday."}
SAID = {"said": "helped", "words": "She phoned at once."}
STANCE = {"role": "carer", "stance": "support", "reason": "", "interest": ""}
BALLOT = {"outcome": "defer", "reasons": "Later.", "dissent": "", "present": "All."}
LIMITS = {"values": {}, "mode": "live"}
OPEN = {"site": seed.SITE, "rule": "sos", "question": "Too many?"}
PAST = {"site": seed.SITE, "from": seed.NOW - 86_400_000, "to": seed.NOW, "rules": [KITCHEN]}
IMPORT = {
    "name": "a.yaml",
    "text": (
        f"sites:\n  - {{id: {seed.SITE}, name: Borgarbyggð, zone: Atlantic/Reykjavik,"
        ' fallback_phone: "+354 433 7100"}\n'
    ),
}
DRAFT = next(rule.text for rule in starter_rules() if rule.name == "spo2-low")
RUN = "d00rd00r"
REPORT = {
    "run": RUN,
    "sites": [seed.SITE],
    "began": seed.NOW - 86_400_000,
    "at": seed.NOW,
    **dict.fromkeys(("speed", "homes", "connected", "messages", "readings", "rate"), 1),
    "behind_s": 0,
}
R = "/reviews/{review}"
A = "/api/v1"
ANNAS = "residents/anna/rules/spo2-low"
RID = "/reviews/{review_id}"

PAGES = (
    Door("GET /", ANYONE),
    Door("GET /signin", ANYONE),
    Door("POST /signin", ANYONE),
    Door("GET /signin/link", ANYONE),
    Door("POST /signin/link", ANYONE),
    Door("GET /api/docs", ANYONE),
    Door("GET /sw.js", ANYONE),
    Door("GET /manifest.webmanifest", ANYONE),
    Door("GET /me", ALL),
    Door("POST /me/language", ALL, form={"language": "fi"}, sites_own=False),
    Door("POST /me/sessions/{session_id}/end", set(), "/me/sessions/{session}/end"),
    Door("GET /try", STAFF),
    Door("GET /alerts", OWN | STAFF | OTHER),
    Door("GET /alerts/{code}", OWN | CARE, "/alerts/{care}"),
    Door("GET /alerts/{code}", STAFF, "/alerts/{device}"),
    Door("POST /alerts/{code}/acknowledge", CARE, "/alerts/{care}/acknowledge", KEY),
    Door("POST /alerts/{code}/acknowledge", STAFF, "/alerts/{device}/acknowledge", KEY),
    Door("POST /alerts/{code}/take-over", CARE, "/alerts/{care}/take-over", KEY),
    Door("POST /alerts/{code}/note", CARE, "/alerts/{care}/note", ACT),
    Door("POST /alerts/{code}/undo", CARE, "/alerts/{care}/undo", KEY),
    Door("GET /residents/{resident}/rules/{rule}", NURSING, "/residents/anna/rules/spo2-low"),
    Door(
        "POST /residents/{resident}/rules/{rule}/switch",
        NURSING,
        "/residents/anna/rules/spo2-low/switch",
        SWITCH,
    ),
    Door(
        "POST /residents/{resident}/rules/{rule}/limits",
        NURSING,
        "/residents/anna/rules/spo2-low/limits",
        {"limit-limit": "88", "reason": "Prescribed."},
    ),
    Door("POST /alerts/{code}/voice", {"resident"}, "/alerts/{care}/voice", SAID),
    Door("POST /alerts/{code}/close", CARE, "/alerts/{last}/close", ACT),
    Door("GET /residents", OWN | CARE | OTHER),
    Door("GET /residents/{resident}", OWN | CARE, "/residents/anna"),
    Door("GET /residents/{resident}", CARE, "/residents/einar"),
    Door("GET /devices", STAFF, f"/devices?site={seed.SITE}"),
    Door("GET /deadletters", STAFF, f"/deadletters?site={seed.SITE}"),
    Door("GET /deadletters/{letter}", CARE, "/deadletters/1"),
    Door("GET /deadletters/check", TECHNICAL | {"coordinator"}),
    Door("POST /deadletters/replay", TECHNICAL | {"coordinator"}, form={"site": seed.SITE}),
    Door("GET /operations", TECHNICAL),
    Door("GET /simulator", TECHNICAL),
    Door("POST /simulator/orders", TECHNICAL, form={"run": RUN, "kind": "pause"}),
    Door("POST /simulator/stage", TECHNICAL, form={"run": RUN, "what": "scenario:sos"}),
    Door("GET /residents/{resident}/signals", OWN | CARE, "/residents/anna/signals"),
    Door("GET /why", OWN | CARE | OTHER, "/why"),  # what to choose: their own
    Door("GET /why", OWN | CARE, "/why?resident=anna&rule=spo2-low"),
    Door("GET /why", CARE, "/why?site={site}&home=home-anna&rule=outer-door-open-at-night"),
    Door("POST /why", OWN | CARE, "/why", {"resident": "anna", "draft": DRAFT}),
    Door("GET /rules", ALL),
    Door("GET /rules/{site}/{name}", HERE, "/rules/{site}/spo2-low"),
    Door("POST /rules/{site}/{name}/review", SPEAKERS, "/rules/{site}/sos/review", WORDS),
    Door("GET /rules/{site}/{name}/sheet", HERE, "/rules/{site}/spo2-low/sheet"),
    Door("GET /rules/{site}/{name}/stop", {"coordinator"}, "/rules/{site}/spo2-low/stop"),
    Door("POST /rules/{site}/{name}/stop", {"coordinator"}, "/rules/{site}/weight-up/stop", WORDS),
    Door("GET /rules/new", SPEAKERS | OTHER, sites_own=False),
    Door("POST /rules/new/check", SPEAKERS | OTHER, form=FILE, sites_own=False),
    Door("POST /rules/new", SPEAKERS, form=FILE),
    Door("GET /library/{name}", ALL, "/library/fall", sites_own=False),
    Door("POST /library/{name}/review", SPEAKERS, "/library/fall/review", IN),
    Door("GET /reviews", ALL),
    Door(f"GET {RID}", HERE, R),
    Door(f"GET {RID}/sheet", HERE, f"{R}/sheet"),
    Door(f"POST {RID}/say", SPEAKERS, f"{R}/say", WORDS),
    Door(f"POST {RID}/what-if", SPEAKERS, f"{R}/what-if"),
    Door(f"GET {RID}/evidence/{{evidence_id}}", HERE, f"{R}/evidence/{{evidence}}"),
    Door(f"POST {RID}/propose", SPEAKERS, f"{R}/propose", {**WORDS, "limit-limit": "89"}),
    Door(f"POST {RID}/try", {"facilitator", "champion"}, f"{R}/try", {"days": "7"}),
    Door(f"POST {RID}/tried", {"facilitator", "champion"}, f"{R}/tried"),
    Door(f"POST {RID}/position", SPEAKERS, f"{R}/position", STANCE),
    Door(f"GET {RID}/decide", {"decider"}, f"{R}/decide"),
    Door(f"POST {RID}/decide", {"decider"}, f"{R}/decide", {**BALLOT, "outcome": "adopt"}),
    Door(f"GET {RID}/outcome", set(), f"{R}/outcome"),  # nothing was decided: it is not there
    Door(f"POST {RID}/reopen", {"facilitator", "champion"}, f"{R}/reopen", WORDS),
    Door(f"POST {RID}/withdraw", {"facilitator", "champion"}, f"{R}/withdraw", WORDS),
    Door("POST /signout", ANYONE),  # the last: it ends the sessions that the others use
)

API = (
    Door(f"GET {A}/session", ALL),
    Door("GET /health/live", ANYONE),
    Door("GET /health/ready", ANYONE),
    Door("GET /metrics", ANYONE),
    Door(f"GET {A}/health", TECHNICAL),
    Door(f"GET {A}/alerts", ALL),
    Door(f"GET {A}/alerts/{{code}}", OWN | CARE, f"{A}/alerts/{{care}}"),
    Door(f"GET {A}/alerts/{{code}}", STAFF, f"{A}/alerts/{{device}}"),
    Door(
        f"POST {A}/alerts/{{code}}/acknowledge", CARE, f"{A}/alerts/{{care}}/acknowledge", json=KEY
    ),
    Door(f"GET {A}/residents/{{resident}}/rules/{{rule}}", NURSING, f"{A}/{ANNAS}"),
    Door(
        f"POST {A}/residents/{{resident}}/rules/{{rule}}/switch",
        NURSING,
        f"{A}/{ANNAS}/switch",
        json={**SWITCH, "on": False},
    ),
    Door(
        f"POST {A}/residents/{{resident}}/rules/{{rule}}/limits",
        NURSING,
        f"{A}/{ANNAS}/limits",
        json={"values": {"limit": "88"}, "reason": "Prescribed."},
    ),
    Door(f"POST {A}/alerts/{{code}}/voice", {"resident"}, f"{A}/alerts/{{care}}/voice", json=SAID),
    Door(f"POST {A}/alerts/{{code}}/take-over", CARE, f"{A}/alerts/{{care}}/take-over", json=KEY),
    Door(
        f"POST {A}/alerts/{{code}}/note",
        CARE,
        f"{A}/alerts/{{care}}/note",
        json={**KEY, "text": "Seen."},
    ),
    Door(f"POST {A}/alerts/{{code}}/undo", CARE, f"{A}/alerts/{{care}}/undo", json=KEY),
    Door(f"POST {A}/alerts/{{code}}/close", CARE, f"{A}/alerts/{{last}}/close", json=ACT),
    Door(f"GET {A}/residents", OWN | CARE | OTHER),
    Door(f"GET {A}/residents/{{resident}}", OWN | CARE, f"{A}/residents/anna"),
    Door(f"GET {A}/residents/{{resident}}", CARE, f"{A}/residents/einar"),
    Door(f"GET {A}/residents/{{resident}}/latest", OWN | CARE, f"{A}/residents/anna/latest"),
    Door(
        f"GET {A}/residents/{{resident}}/readings",
        OWN | CARE,
        f"{A}/residents/anna/readings?signal=spo2",
    ),
    Door(
        f"GET {A}/homes/{{site}}/{{home}}/readings",
        OWN | CARE,
        f"{A}/homes/{seed.SITE}/home-anna/readings?start=0",
    ),
    Door(f"GET {A}/devices", STAFF, f"{A}/devices?site={seed.SITE}"),
    Door(f"GET {A}/deadletters", STAFF, f"{A}/deadletters?site={seed.SITE}"),
    Door(f"GET {A}/deadletters/{{letter}}", CARE, f"{A}/deadletters/1"),
    Door(
        f"POST {A}/deadletters/replay",
        TECHNICAL | {"coordinator"},
        json={"site": seed.SITE, "ids": []},
    ),
    Door(f"POST {A}/simulations/reports", TECHNICAL, json=REPORT),
    Door(f"GET {A}/simulations", TECHNICAL),
    Door(f"GET {A}/simulations/catalogue", TECHNICAL),
    Door(f"POST {A}/simulations/orders", TECHNICAL, json={"run": RUN, "kind": "pause"}),
    Door(f"GET {A}/simulations/{{run}}", TECHNICAL, f"{A}/simulations/{RUN}"),
    Door(f"GET {A}/simulations/{{run}}/score", TECHNICAL, f"{A}/simulations/{RUN}/score"),
    Door(
        f"POST {A}/pasts/known",
        TECHNICAL,
        json={"site": seed.SITE, "homes": [], "from": 0, "to": 1},
    ),
    Door(f"POST {A}/pasts", TECHNICAL, json={"file": "0.npz"}),
    Door(f"POST {A}/pasts/removal", TECHNICAL, json={"site": seed.SITE}),
    Door(f"POST {A}/registry/import", {"admin"}, json=IMPORT),
    Door(f"GET {A}/rules", ALL),
    Door(f"GET {A}/rules/{{site}}/{{rule}}", HERE, f"{A}/rules/{{site}}/spo2-low"),
    Door(f"GET {A}/rules/{{site}}/{{rule}}/history", HERE, f"{A}/rules/{{site}}/spo2-low/history"),
    Door(f"GET {A}/why", OWN | CARE, f"{A}/why?resident=anna&rule=spo2-low"),
    Door(f"GET {A}/why", CARE, f"{A}/why?resident=einar&rule=spo2-low"),
    Door(f"POST {A}/why", OWN | CARE, json={"resident": "anna", "draft": DRAFT}),
    Door(f"POST {A}/backtests", CARE, json=PAST),
    Door(f"GET {A}/backtests/{{backtest_id}}", CARE, f"{A}/backtests/{{backtest}}"),
    Door(f"GET {A}/reviews", ALL),
    Door(f"POST {A}/reviews", SPEAKERS, json=OPEN),
    Door(f"GET {A}/reviews/{{review_id}}", HERE, A + R),
    Door(f"POST {A}/reviews/{{review_id}}/evidence", SPEAKERS, f"{A}{R}/evidence", json=LIMITS),
    Door(
        f"GET {A}/reviews/{{review_id}}/evidence/{{evidence_id}}",
        HERE,
        f"{A}{R}/evidence/{{evidence}}",
    ),
    Door(
        f"POST {A}/reviews/{{review_id}}/proposals",
        SPEAKERS,
        f"{A}{R}/proposals",
        json={"values": {"limit": "88"}, "mode": "live", "reason": "Because."},
    ),
    Door(
        f"POST {A}/reviews/{{review_id}}/trial",
        {"facilitator", "champion"},
        f"{A}{R}/trial",
        json={"days": 7},
    ),
    Door(f"POST {A}/reviews/{{review_id}}/positions", SPEAKERS, f"{A}{R}/positions", json=STANCE),
    Door(f"POST {A}/reviews/{{review_id}}/decision", {"decider"}, f"{A}{R}/decision", json=BALLOT),
    Door(f"GET {A}/reviews/{{review_id}}/outcome", HERE, f"{A}{R}/outcome"),
)
ELSEWHERE = {  # routes with stories of their own: see test_events, which reads streams
    "GET /events",
}
