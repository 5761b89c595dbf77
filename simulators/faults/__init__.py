"""What goes wrong with devices and networks: one fault a file, seeded, composable.

    load(text, name)              a YAML file → entries, checked by themselves
    plan({"fault": "drift", …})   one entry from a page or an API
    placed(entries, homes, start) entries → faults in these homes, checked against each other
    Run(homes, faults, seed)      lays them over a run that comes in parts
    laid(columns, faults, seed)   lays them over all rows at once
    FAULTS                        the catalogue: name, title and parameters of each

Refusals (`FaultRefused`) name file and key. A fault acts on columns (`lay`: what is measured, said
and sent, and when), on the connection (`away`: when the hub has none) and on actions (`act`: what
only a broker knows, as a retained message). History writes what `Run.lay` gives; live performs what
`Run.actions` makes of it; both say the same. Draws are named by the row that they concern, so a
fault does the same to a row whether an hour or a month is generated at once.

    run = Run(homes, placed(load(text, "faults.yaml"), homes, start), seed)
    columns = run.lay(between(homes, start, end, seed), until=end)
    actions = run.actions(columns, start, end)
    run.add(placed([plan({"fault": "silence", "home": "donegal/home-1"}, "page")], homes, now))
"""

from simulators.faults.catalogue import FAULTS
from simulators.faults.fault import FOREVER, Fault, Layer, Target, laid
from simulators.faults.form import Kind, Parameter
from simulators.faults.reading import FaultRefused, Planned, agree, load, placed, plan
from simulators.faults.run import Run

__all__ = [
    "FAULTS",
    "FOREVER",
    "Fault",
    "FaultRefused",
    "Kind",
    "Layer",
    "Parameter",
    "Planned",
    "Run",
    "Target",
    "agree",
    "laid",
    "load",
    "placed",
    "plan",
]
