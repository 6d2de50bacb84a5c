"""Why believe it: published computations, replayed through the library's own calls.

>>> from forcesim import evidence
>>> evidence.replay("B1").counts["differs"]
0
"""

from __future__ import annotations

from forcesim.evidence.published import Replay, Replayed, replay
from forcesim.evidence.published_cases import Case, bundled_cases, load_cases

__all__ = ["Case", "Replay", "Replayed", "bundled_cases", "load_cases", "replay"]
