"""A result: outcomes as distributions, each number with its Monte Carlo error.

The result is passive: the engine fills it, pictures and tables are drawn from it. Where the paths
of an outcome are kept everything is exact; else means, extremes and declared events are exact, and
quantiles are within 0.4 %.

- ``estimate.py``: a number with its error.
- ``passage.py``: the month in which something first comes true.
- ``followed.py``: the share of paths on which something is true, month by month.
- ``inputs.py``: the uncertain numbers of each path.
- ``storage.py``: the file, and the hash over all numbers.
- ``result.py``: the result, made of these.
"""

from forcesim.outcome import Outcome
from forcesim.result.estimate import Estimate
from forcesim.result.passage import FirstPassage, TimeIn
from forcesim.result.result import Result, digest

__all__ = ["Estimate", "FirstPassage", "Outcome", "Result", "TimeIn", "digest"]
