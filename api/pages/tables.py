"""Codes of the product as words: every word is a message of the catalogue."""

from collections.abc import Mapping

from gateway.texts import N_

PRIORITIES: Mapping[str, str] = {
    "now": N_("NOW"),
    "soon": N_("SOON"),
    "today": N_("TODAY"),
    "device": N_("DEVICE"),
}
MENU: Mapping[str, str] = {
    "alerts": N_("Alerts"),
    "residents": N_("Residents"),
    "devices": N_("Devices"),
    "reviews": N_("Reviews"),
    "simulator": N_("Simulator"),
    "operations": N_("Operations"),
    "me": N_("Me"),
}
DISPOSITIONS: Mapping[str, str] = {
    "useful": N_("Useful"),
    "nothing_to_do": N_("Nothing to do"),
    "false": N_("False alert"),
    "device": N_("Device"),
    "dont_know": N_("Do not know"),
}
VOICES: Mapping[str, str] = {  # what a resident says of an alert about them
    "helped": N_("It helped"),
    "not_needed": N_("It was not needed"),
    "dont_know": N_("Do not know"),
}
RESPONSES: Mapping[str, str] = {
    "phoned": N_("Phoned"),
    "drove": N_("Drove there"),
    "relative": N_("Relative went"),
    "nothing": N_("Nothing"),
}
ROLES: Mapping[str, str] = {
    "resident": N_("resident"),
    "family": N_("family"),
    "carer": N_("carer"),
    "coordinator": N_("coordinator"),
    "nurse": N_("nurse"),
    "facilitator": N_("facilitator"),
    "champion": N_("local champion"),
    "decider": N_("decider"),
    "technician": N_("technician"),
    "admin": N_("administrator"),
}
LANGUAGES: Mapping[str, str] = {
    "en": N_("English"),
    "ga": N_("Irish"),
    "is": N_("Icelandic"),
    "nn": N_("Norwegian"),
    "nb": N_("Norwegian"),
    "no": N_("Norwegian"),
    "sv": N_("Swedish"),
    "fi": N_("Finnish"),
}
LETTERS: Mapping[str, str] = {  # codes of dead letters
    "unknown-device": N_("Unknown device"),
    "unknown-home": N_("Unknown home"),
    "unknown-site": N_("Unknown site"),
    "not-placed": N_("Device placed nowhere"),
    "not-json": N_("Not readable"),
    "not-cbor": N_("Not readable"),
    "not-utf8": N_("Not readable"),
    "deep": N_("Not readable: nested too deep"),
    "oversized": N_("Too long"),
    "unknown-signal": N_("Unknown signal"),
    "signal": N_("Signal not accepted"),
    "unit": N_("Unit does not fit"),
    "value": N_("No usable value"),
    "range": N_("No usable value"),
    "time": N_("No usable time"),
    "dialect": N_("Unknown dialect"),
    "topic": N_("Topic does not fit"),
    "retained": N_("Old state, not an event"),
    "spoofed": N_("Published for another home"),
    "status": N_("Status not readable"),
    "tick": N_("Clock message not readable"),
}
CHECKS: Mapping[str, str] = {  # names of gateway.health()
    "broker": N_("Broker"),
    "journal": N_("Journal: received, not yet safe"),
    "rules": N_("Rules: safe, not yet judged"),
    "state": N_("State database"),
    "store": N_("Store of readings: not yet written"),
    "notify": N_("Oldest message not sent"),
    "clock": N_("Clock: behind itself"),
    "disk": N_("Disk"),
}
VERBS: Mapping[str, str] = {  # of the audit; the verb's own English is the message
    "signed in": N_("signed in"),
    "signed out": N_("signed out"),
    "looked at": N_("looked at"),
    "opened the payload of": N_("opened the payload of"),
    "exported": N_("exported"),
    "acknowledged": N_("acknowledged"),
    "took over": N_("took over"),
    "noted on": N_("noted on"),
    "closed": N_("closed"),
    "undid": N_("undid"),
    "spoke of": N_("spoke of"),
    "replayed": N_("replayed"),
    "imported": N_("imported"),
    "recorded the consent of": N_("recorded the consent of"),
    "withdrew the consent of": N_("withdrew the consent of"),
    "paused": N_("paused"),
    "resumed": N_("resumed"),
    "shared": N_("shared"),
    "ended the sharing of": N_("ended the sharing of"),
    "set a limit of": N_("set a limit of"),
}
