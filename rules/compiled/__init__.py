"""The same operators compiled: whole histories folded over columns in fractions of a second.

`Backtest` finds the episodes that `rules.engine.backtest.replay` finds and the live engine finds;
`series` gives the change points of any expression; `states_at` what the live engine would know by
then.
"""

from rules.compiled.backtest import Backtest, Item
from rules.compiled.columns import Channel, Channels, channels
from rules.compiled.kernel import Kernel, available, compile_kernel, fingerprint, plain
from rules.compiled.series import series, states_at

__all__ = [
    "Backtest",
    "Channel",
    "Channels",
    "Item",
    "Kernel",
    "available",
    "channels",
    "compile_kernel",
    "fingerprint",
    "plain",
    "series",
    "states_at",
]
