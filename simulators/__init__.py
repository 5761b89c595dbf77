"""Virtual homes: pure, seeded, deterministic. Nothing here opens a file, a socket or a clock.

    people/     who lives there: rhythm of the day, vitals, habits of measuring
    homes/      what stands there: devices, what each emits; the six regions of the demo
    faults/     what goes wrong with devices and networks; one a file
    scenarios/  what happens to a person, staged, with the truth of it; one a file. Moments are
                Python, courses of days are YAML in scenarios/files, made of scenarios/effects
    recorded/   data sets of real homes, mapped into the same form

Everything is first columns (`columns.Columns`: one row a value), made home-day by home-day from
draws that are named, never consumed in order: a home-day computed alone equals the same home-day
of the big run. `actions.py` turns columns into the timed actions Connect | Publish | Drop that
`api/cli/perform.py` carries out as real devices would.
"""
