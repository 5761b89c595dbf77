"""What is refused is said in the reader's language, and in English where nobody has the words."""

import pickle

from api.pages.forms import text_of
from devices.errors import Refused, Spoken
from gateway.texts import catalogue
from tests.pages import seed

REASON = "no reason was given"


def test_an_error_is_english_wherever_it_goes_and_knows_its_template():
    said = Spoken("the text has {count} characters", count=501)
    assert said == "the text has 501 characters"
    assert f"{said}!" == "the text has 501 characters!"
    again = pickle.loads(pickle.dumps(Refused("note", "K7Q2", said, "Keep it short")))
    assert again.problem.template == "the text has {count} characters"
    assert again.problem.fields == {"count": 501}


def test_a_page_says_it_in_the_readers_language_and_marks_what_is_not():
    refused = Refused("set a parameter", "x", Spoken(REASON), "Nobody translated <this>")
    swedish = catalogue("sv").gettext(REASON)
    assert swedish != REASON
    told = text_of(refused, "sv")
    assert told.startswith(f"{swedish[:1].upper()}{swedish[1:]}. ")
    assert '<span lang="en">Nobody translated &lt;this&gt;.</span>' in told
    assert text_of(refused) == "No reason was given. Nobody translated &lt;this&gt;."


def test_fields_that_are_sentences_are_translated_too():
    inner = Spoken(REASON)
    refused = Refused("x", "y", Spoken("replay {evidence} is not the one that counts: {newer}",
                                       evidence=3, newer=inner))  # fmt: skip
    assert catalogue("fi").gettext(REASON) in text_of(refused, "fi")


def test_a_carer_reads_a_refusal_in_her_own_language(person, codes):
    aoife = person("aoife")
    aoife.post("/me/language", {"language": "is"})
    page = aoife.post(f"/alerts/{codes['spo2-low']}/note", {"text": " "})
    assert page.status_code == 422
    words = catalogue("is").gettext("the note is empty")
    assert words != "the note is empty"
    assert f"{words[:1].upper()}{words[1:]}." in page.text
    assert "note is empty" not in page.text
    api = aoife.post(f"/api/v1/alerts/{codes['spo2-low']}/note", json={"key": "k" * 8, "text": ""})
    assert api.status_code == 422  # programs are answered in English


def test_a_nurse_switches_a_rule_and_sets_a_limit_for_one_resident(person):
    nora, where = person("bjarni"), "/residents/anna/rules/spo2-low"
    assert "On for" in nora.get(where).text
    assert nora.post(f"{where}/switch", {"on": "0", "reason": " "}).status_code == 422
    assert nora.post(f"{where}/switch", {"on": "0", "reason": "Away"}).status_code == 303
    assert "Switch it on again" in nora.get(where).text
    home = nora.get("/residents/anna").text
    assert "off for this resident" in home
    assert "Away" in home
    why = nora.get(f"/api/v1/why?resident=anna&rule=spo2-low&at={seed.NOW}")
    assert why.status_code == 200
    brakes = {one["kind"]: one for one in why.json()["brakes"]}
    assert brakes["switched-off"]["on"]
    typed = {"limit-limit": "99", "limit-minutes": "", "reason": "Prescribed"}
    refused = nora.post(f"{where}/limits", typed)
    assert refused.status_code == 422
    assert nora.post(f"{where}/limits", {**typed, "limit-limit": "88"}).status_code == 303
    assert nora.post(f"{where}/limits", {**typed, "limit-limit": "88 %"}).status_code == 303
    assert 'name="limit-limit" value="88 %"' in nora.get(where).text
    own = nora.get(f"/api/v1{where}").json()
    assert (own["on"], own["values"]["limit"], own["own"]) == (False, "88", ["limit"])
    assert {one["kind"] for one in own["decided"]} == {"switch", "parameter"}
    assert person("aoife").get(where).status_code == 404  # a carer sets no limits
