"""Live simulations as the gateway's web knows them: what simulators report, what they are told.

    models.py   what is said and heard, as records
    desk.py     runs and the orders that wait for them; in memory, never in a database
    orders.py   an order checked, recorded and handed on
    noticed.py  what was planted against what was told

What was planted comes with a simulator's reports and stays here: nothing that detects can read it,
and no table holds it. A gateway that starts anew is told again.
"""
