"""The engine: blocks of paths x months x processes, what they record, and who does the work.

A block is a run of consecutive paths that share the cache. Every draw is a function of its address, sums are free
of order, so neither the block size nor the number of threads, workers or restarts can change a result.
"""

from forcesim.engine.block import Block, draw_keys
from forcesim.engine.calls import replay, simulate
from forcesim.engine.derived import Derived, Month
from forcesim.engine.precision import Precision
from forcesim.engine.timing import Profile, profile
from forcesim.engine.trace import Trace, reproduce
from forcesim.machine import Progress

__all__ = [
    "Block",
    "Derived",
    "Month",
    "Precision",
    "Profile",
    "Progress",
    "Trace",
    "draw_keys",
    "profile",
    "replay",
    "reproduce",
    "simulate",
]
