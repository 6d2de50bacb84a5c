"""Summaries that merge in any order to the same bits: sums, extremes, quantile counts, events.

``sums.py`` holds the exact sums, ``buckets.py`` the quantile counts, ``events.py`` the counts of what
is true or false, ``summary.py`` puts them together.
"""

from forcesim.summary.events import Event
from forcesim.summary.summary import CHUNK, TOO_LARGE, Summary

__all__ = ["CHUNK", "TOO_LARGE", "Event", "Summary"]
