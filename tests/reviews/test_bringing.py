"""A new rule through a review, on pages: a file, checked, tried, decided, live, taken back.

Nobody touches Python, and nothing speaks before the decision.
"""

import re
from pathlib import Path

import pytest

from gateway import rulebook
from gateway.db import reading
from gateway.rulebook import Mode
from tests.reviews.doors import open_doors
from tests.reviews.lab import DAY, HOUR, PEOPLE, SITE, START
from tests.reviews.test_pages import Browser

WRITING = (Path(__file__).parents[2] / "docs" / "rules" / "writing.md").read_text(encoding="utf-8")
(KITCHEN,) = re.findall(r"```yaml\n(.*?)```", WRITING, re.DOTALL)
NEW = "/rules/new"


@pytest.fixture
def people(lived, tmp_path):
    app = open_doors(lived, tmp_path).app()
    return lambda name: Browser(app, lived, getattr(lived, name))


def moving(lived):
    """Everybody is seen in the kitchen every hour, so its sensors can be heard."""
    for person in PEOPLE:
        lived.measured(person, START + HOUR, *[1] * (27 * 24), signal="motion", every=HOUR)
    lived.stored()


def running(lived, name, at=None):
    with reading(lived.engine) as conn:
        found = rulebook.in_force(rulebook.entries(conn, SITE), at or lived.now)
        return {one.lane: one for one in found if one.rule_name == name}


def test_it_is_said_in_how_many_homes_nothing_stands_where_it_listens(people):
    carer = people("carer")
    assert "no device reports it" not in carer.post(f"{NEW}/check", 200, text=KITCHEN, site=SITE)
    elsewhere = KITCHEN.replace("motion@kitchen", "motion@hall")
    page = " ".join(carer.post(f"{NEW}/check", 200, text=elsewhere, site=SITE).split())
    assert "Movement in the hall: no device reports it in 6 of 6 homes here." in page


def decided(people, review):
    """The quorum agrees, and the proposal takes force an hour later."""
    for name, role in (("carer", "carer"), ("resident", "resident"), ("decider", "decider")):
        people(name).post(
            f"{review}/position", role=role, stance="support", interested="no", reason="yes"
        )
    people("decider").post(
        f"{review}/decide", outcome="adopt", reasons="We want it", voiced="none",
        present="Anna and two carers", when="soon",
    )  # fmt: skip


def test_a_rule_of_our_own_from_a_file_to_the_ward_and_back(people, lived):
    carer, facilitator, decider = (people(one) for one in ("carer", "facilitator", "decider"))
    assert "Bring a rule file" in carer.get("/rules")
    assert "It is checked, its examples are run" in carer.get(NEW)

    page = carer.post(f"{NEW}/check", 200, text=KITCHEN, site=SITE)
    assert "Not in the kitchen by ten" in page
    assert "movement in the kitchen" in page  # its sentence
    assert "passes: she did not come" in page
    assert "fails:" not in page
    assert "It is new here. It stays off until a decision." in page
    assert running(lived, "kitchen-by-ten") == {}  # to look is to change nothing

    moving(lived)
    review = carer.post(NEW, text=KITCHEN, site=SITE, reason="She asked for it")
    page = decider.get(review)
    assert "Today · not in force This rule does not run here." in page
    assert "movement in the kitchen" in page
    assert "She asked for it" in page
    assert "limit-by" in carer.http.get(review).text  # its limits can be moved already
    lived.works_off()
    assert "done: Replayed over this site" in decider.get(review)
    assert Mode.LIVE not in running(lived, "kitchen-by-ten")

    facilitator.post(f"{review}/try", days="14")
    assert running(lived, "kitchen-by-ten")[Mode.SHADOW].mode is Mode.SHADOW
    page = decider.get(review)
    assert "Nobody is told." in page
    lived.clock.advance(15 * DAY)
    assert running(lived, "kitchen-by-ten")[Mode.SHADOW].mode is Mode.OFF
    people("facilitator").post(f"{review}/tried")  # a fortnight later: signed in anew

    decided(people, review)
    lived.clock.advance(2 * HOUR)
    assert running(lived, "kitchen-by-ten")[Mode.LIVE].mode is Mode.LIVE
    assert "We want it" in people("carer").get(f"/rules/{SITE}/kitchen-by-ten")

    people("coordinator").post(f"/rules/{SITE}/kitchen-by-ten/stop", reason="Too many mornings")
    assert running(lived, "kitchen-by-ten")[Mode.LIVE].mode is Mode.OFF  # one step back: nothing


def test_a_changed_text_of_a_rule_that_runs(people, lived):
    """Its old and its new sentence stand beside each other; another site keeps the old one."""
    carer = people("carer")
    before = running(lived, "spo2-low")[Mode.LIVE]
    text = nested(before.text)
    page = carer.post(f"{NEW}/check", 200, text=text, site=SITE)
    assert "another version of it" in page
    assert "Against what runs here today" in page
    assert "08:00" in page

    lived.stored()
    review = carer.post(NEW, text=text, site=SITE, reason="Only by day")
    page = carer.get(review)
    assert "oxygen saturation is below 92 %" in page.lower()
    assert "it is between 08:00 and 22:00" in page.lower()
    lived.works_off()
    decided(people, review)
    lived.clock.advance(2 * HOUR)
    now = running(lived, "spo2-low")[Mode.LIVE]
    assert now.version != before.version
    assert now.values == before.values  # limits that both texts have stay as they run

    people("coordinator").post(f"/rules/{SITE}/spo2-low/stop", reason="Nights are missed")
    assert running(lived, "spo2-low")[Mode.LIVE].version == before.version


def nested(text):
    """The rule, by day alone; its examples are by day."""
    head, _, rest = text.partition("\nwhen:\n")
    lines = rest.split("\n")
    end = next(i for i, line in enumerate(lines) if line and not line.startswith(" "))
    inner = "\n".join(f"      {line}" for line in lines[:end] if line)
    first, *more = inner.split("\n")
    body = "\n".join([f"    - {first.strip()}", *more])
    window = "    - time_between: {from: 08:00, until: 22:00}"
    return f"{head}\nwhen:\n  all:\n{window}\n{body}\n" + "\n".join(lines[end:])


def test_a_second_text_goes_into_the_same_review(people, lived):
    carer = people("carer")
    lived.stored()
    review = carer.post(NEW, text=KITCHEN, site=SITE, reason="She asked for it")
    number = review.rsplit("/", 1)[1]
    typed = carer.http.get(f"{NEW}?review={number}").text
    assert "rule: kitchen-by-ten" in typed  # what is proposed stands in the box
    later = KITCHEN.replace('default: "10:00"', 'default: "11:00"').replace(
        '"10:00 onset"', '"11:00 onset"'
    ).replace("10:20", "11:20").replace("+1d 10:00", "+1d 11:00")  # fmt: skip
    (field,) = re.findall(r'name="review" value="([^"]+)"', typed)
    page = carer.post(f"{NEW}/check", 200, text=later, review=field)
    assert "Put this proposal on the table" in page
    assert carer.post(NEW, text=later, review=field, reason="By eleven") == review
    page = carer.post(NEW, 422, text=KITCHEN, review=field, reason="By ten")  # a stale page
    assert "The proposal changed while you looked: the carer proposed another text" in page
    assert "11:00" in carer.get(review)
    page = carer.post(f"{NEW}/check", 200, text=KITCHEN, site=SITE)
    assert "In which review?" in page  # an open one is offered first


def test_an_upload_is_as_good_as_typing(people, lived):
    carer = people("carer")
    csrf = carer.http.get("/api/v1/session").json()["csrf"]
    sent = {"file": ("kitchen.yaml", KITCHEN.encode(), "text/yaml")}
    answer = carer.http.post(f"{NEW}/check", data={"csrf": csrf, "site": SITE}, files=sent)
    assert answer.status_code == 200, answer.text
    assert "passes: " in answer.text
    assert "rule: kitchen-by-ten" in answer.text  # it stands in the box now
    sent = {"file": ("kitchen.yaml", b"rule: \xff", "text/yaml")}
    answer = carer.http.post(f"{NEW}/check", data={"csrf": csrf, "site": SITE}, files=sent)
    assert answer.status_code == 422
    assert "Not UTF-8 at byte 6" in answer.text


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("none_between:", "none_betwen:", "Did you mean 'none_between'?"),
        ("motion@kitchen, from", "motionn@kitchen, from", "is no signal"),
        ("priority: today", "priority: tomorrow", "priority"),
        ("from: 07:00", "from: 12:00", "contradict each other"),
        ('"10:00 onset"', '"10:05 onset"', "expects 10:05"),
        ("rule: kitchen-by-ten", "rule: [", "not YAML"),
    ],
)
def test_what_is_wrong_is_said_at_its_line(people, lived, old, new, said):
    carer = people("carer")
    text = KITCHEN.replace(old, new, 1)
    page = carer.post(f"{NEW}/check", 422, text=text, site=SITE)
    assert said.lower() in page.lower()
    assert "Line by line" in page
    assert "Into a review" not in page
    assert carer.post(NEW, 422, text=text, site=SITE, reason="Please")  # nor by another way
    assert running(lived, "kitchen-by-ten") == {}


def test_nothing_typed_and_no_reason(people, lived):
    carer = people("carer")
    assert "It is empty" in carer.post(f"{NEW}/check", 422, text="", site=SITE)
    page = carer.post(NEW, 422, text=KITCHEN, site=SITE, reason=" ")
    assert "question was asked" in page or "reason was given" in page
    assert running(lived, "kitchen-by-ten") == {}


def test_who_may_not_propose_finds_no_such_page(people, lived):
    technician = people("technician")
    assert "Bring a rule file" not in technician.get("/rules")
    technician.get(NEW, 404)
    assert technician.post(NEW, 404, text=KITCHEN, site=SITE, reason="Please")
    assert running(lived, "kitchen-by-ten") == {}


def test_another_site_is_not_there(people, lived):
    carer = people("carer")
    carer.post(NEW, 404, text=KITCHEN, site="donegal", reason="Please")
    assert running(lived, "kitchen-by-ten") == {}


def test_a_review_that_is_not_there(people):
    carer = people("carer")
    carer.get(f"{NEW}?review=99", 404)
    assert carer.http.get(f"{NEW}?review={'9' * 30}").status_code in {404, 422}
