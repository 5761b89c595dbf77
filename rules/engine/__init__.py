"""What runs: the machines' states, instants closed in order, and the episodes they amount to.

`live` is the engine of a site, `backtest` the same lanes over a past. Nothing here reads a clock.
"""
