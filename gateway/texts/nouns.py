"""The nouns of rules, with the English forms that templates ask for (`inflection`).

no    said of what did not happen          was   said of what did
the   as the subject of a clause           in    where something is
door  the door that leads there            from, to   a way that somebody goes
"""

from collections.abc import Mapping, Sequence
from functools import partial

from gateway.texts.catalogues import N_, catalogue
from gateway.texts.inflection import fill, inflect
from gateway.texts.joining import join

SIGNALS: Mapping[str, str] = {  # in the middle of a sentence
    "body_weight": N_("body weight"),
    "systolic": N_("systolic blood pressure"),
    "diastolic": N_("diastolic blood pressure"),
    "pulse": N_("pulse"),
    "spo2": N_("oxygen saturation"),
    "body_temperature": N_("body temperature"),
    "skin_temperature": N_("skin temperature"),
    "respiration": N_("breathing rate"),
    "glucose": N_("glucose"),
    "body_water": N_("body water"),
    "muscle_mass": N_("muscle mass"),
    "steps": N_("number of steps"),
    "motion": N_("movement | no: no movement | was: there was movement"),
    "door": N_("door | the: the door"),
    "bed": N_("bed | the: the bed"),
    "chair": N_("chair | the: the chair"),
    "plug_power": N_("power of the plug"),
    "room_temperature": N_("room temperature"),
    "humidity": N_("humidity"),
    "co2": N_("CO₂ in the air"),
    "smoke": N_("smoke detector | the: the smoke detector"),
    "water": N_("water sensor | the: the water sensor"),
    "sos": N_("SOS button | no: no press of the SOS button | was: the SOS button was pressed"),
    "fall": N_("fall | no: no fall | was: a fall was reported"),
    "dispenser": N_("medicine dispenser | the: the medicine dispenser"),
    "oxygen": N_("breathing air or oxygen"),
    "consciousness": N_("consciousness"),
    "battery": N_("battery charge"),
    "link_quality": N_("link quality"),
    "coverage": N_("coverage"),
    "tick": N_("site clock"),
}

# A place is the last part of `signal@place`; `-` and `_` are one. What stands twice is said alike.
_HALL = N_("hall | in: in the hall | from: from the hall | to: to the hall | door: the hall door")
_LIVING_ROOM = N_(
    "living room | in: in the living room | from: from the living room | to: to the living room"
    " | door: the living-room door"
)
_OUTER = N_(
    "outer door | in: at the outer door | from: from the outer door | to: to the outer door"
    " | door: the outer door"
)
_FRIDGE = N_("fridge | in: at the fridge | from: from the fridge | to: to the fridge"
             " | door: the fridge door")  # fmt: skip
_STOVE = N_("stove | in: at the stove | from: from the stove | to: to the stove")
PLACES: Mapping[str, str] = {
    "kitchen": N_("kitchen | in: in the kitchen | from: from the kitchen | to: to the kitchen"
                  " | door: the kitchen door"),
    "bedroom": N_("bedroom | in: in the bedroom | from: from the bedroom | to: to the bedroom"
                  " | door: the bedroom door"),
    "bathroom": N_("bathroom | in: in the bathroom | from: from the bathroom | to: to the bathroom"
                   " | door: the bathroom door"),
    "toilet": N_("toilet | in: in the toilet | from: from the toilet | to: to the toilet"
                 " | door: the toilet door"),
    "living-room": _LIVING_ROOM,
    "lounge": _LIVING_ROOM,
    "hall": _HALL,
    "hallway": _HALL,
    "outer": _OUTER,
    "outer-door": _OUTER,
    "front-door": N_("front door | in: at the front door | from: from the front door"
                     " | to: to the front door | door: the front door"),
    "back-door": N_("back door | in: at the back door | from: from the back door"
                    " | to: to the back door | door: the back door"),
    "fridge": _FRIDGE,
    "stairs": N_("stairs | in: on the stairs | from: from the stairs | to: to the stairs"
                 " | door: the door to the stairs"),
    "dining-room": N_("dining room | in: in the dining room | from: from the dining room"
                      " | to: to the dining room | door: the dining-room door"),
    "utility-room": N_("utility room | in: in the utility room | from: from the utility room"
                       " | to: to the utility room | door: the utility-room door"),
    "office": N_("study | in: in the study | from: from the study | to: to the study"
                 " | door: the study door"),
    "garage": N_("garage | in: in the garage | from: from the garage | to: to the garage"
                 " | door: the garage door"),
    "kettle": N_("kettle | in: at the kettle | from: from the kettle | to: to the kettle"),
    "cooker": _STOVE,
    "stove": _STOVE,
    "television": N_("television | in: at the television | from: from the television"
                     " | to: to the television"),
    "medicine-cabinet": N_("medicine cabinet | in: at the medicine cabinet"
                           " | from: from the medicine cabinet | to: to the medicine cabinet"
                           " | door: the door of the medicine cabinet"),
}  # fmt: skip

CLAUSES: Mapping[tuple[str, str], str] = {  # of a state
    ("door", "open"): N_("{signal.the} is open"),
    ("door", "closed"): N_("{signal.the} is closed"),
    ("bed", "occupied"): N_("somebody is in {signal.the}"),
    ("bed", "empty"): N_("nobody is in {signal.the}"),
    ("chair", "occupied"): N_("somebody sits in {signal.the}"),
    ("chair", "empty"): N_("nobody sits in {signal.the}"),
    ("smoke", "alarm"): N_("{signal.the} sounds the alarm"),
    ("smoke", "clear"): N_("{signal.the} is quiet"),
    ("water", "wet"): N_("{signal.the} is wet"),
    ("water", "dry"): N_("{signal.the} is dry"),
    ("dispenser", "missed"): N_("a dose was not taken from {signal.the}"),
    ("dispenser", "taken"): N_("the last dose was taken from {signal.the}"),
    ("oxygen", "air"): N_("the resident breathes air"),
    ("oxygen", "oxygen"): N_("the resident breathes oxygen"),
    ("consciousness", "alert"): N_("the resident is alert"),
    ("consciousness", "confused"): N_("the resident is newly confused"),
    ("consciousness", "voice"): N_("the resident responds only to voice"),
    ("consciousness", "pain"): N_("the resident responds only to pain"),
    ("consciousness", "unresponsive"): N_("the resident does not respond"),
    ("coverage", "dark"): N_("{place} cannot be heard"),
    ("coverage", "covered"): N_("{place} can be heard"),
}

DAYS: Mapping[str, str] = {
    "mon": N_("Monday"),
    "tue": N_("Tuesday"),
    "wed": N_("Wednesday"),
    "thu": N_("Thursday"),
    "fri": N_("Friday"),
    "sat": N_("Saturday"),
    "sun": N_("Sunday"),
    "holiday": N_("a public holiday"),
}
DAY_SPAN = N_("{first} to {last}")  # of days of the week

PLACED = N_("{signal} {place.in}")
PLACED_ELSEWHERE = N_("{signal} ({place})")  # a place without a word in the table


def signal_word(signal: str, language: str, form: str = "") -> str:
    """A signal in the middle of a sentence."""
    return inflect(catalogue(language).gettext(SIGNALS[signal]), form)


def place_word(place: str, language: str, form: str = "") -> str:
    """A room; a place that is not in the table stands as it was registered."""
    known = PLACES.get(place.replace("_", "-"))
    if known is None:
        return place.replace("_", " ").replace("-", " ")
    return inflect(catalogue(language).gettext(known), form)


def say_days(days: Sequence[str], language: str, form: str = "") -> str:
    """Monday or Thursday; Monday to Saturday where three or more follow each other."""
    gettext, week = catalogue(language).gettext, [day for day in DAYS if day != "holiday"]
    named = [day for day in days if day in week]
    said = [inflect(gettext(DAYS[day]), form) for day in named]
    for start in named if 3 <= len(named) < 7 else ():
        run = [week[(week.index(start) + n) % 7] for n in range(len(named))]
        if set(run) == set(named):
            parts = {"first": DAYS[run[0]], "last": DAYS[run[-1]]}
            saying = {k: partial(inflect, gettext(day)) for k, day in parts.items()}
            said = [fill(gettext(DAY_SPAN), form, saying)]
            break
    said += [inflect(gettext(DAYS[day]), form) for day in days if day not in week]
    return join(said, "or", language)


def placed(signal: str, place: str | None, language: str, form: str = "") -> str:
    """A signal where it is measured: movement in the kitchen, the kitchen door."""
    if not place:
        return signal_word(signal, language, form)
    if signal == "door" and place.replace("_", "-") in PLACES:
        return place_word(place, language, "door")
    covered, _, room = place.partition("@")
    if signal == "coverage" and covered in SIGNALS:
        where, known = placed(covered, room, language), False
    else:
        where, known = "", place.replace("_", "-") in PLACES
    template = catalogue(language).gettext(PLACED if known else PLACED_ELSEWHERE)
    parts = {
        "signal": lambda asked: signal_word(signal, language, asked or form),
        "place": lambda asked: where or place_word(place, language, asked),
    }
    return fill(template, form, parts)
