"""Rotation of units as a discrete-event model on SimPy: whether the brigades can actually do it.

>>> from forcesim import rotation
>>> print(rotation.rotation_ratio({"available_from": 720, "tour": 180, "overlap": 10}))
5.294 units a slot (6 tranches if all rotate together)
"""

from forcesim.rotation.bridge import from_scenario
from forcesim.rotation.durations import Days, Rule
from forcesim.rotation.files import load, save
from forcesim.rotation.least import RotationRatio, SmallestForce, rotation_ratio, smallest_force
from forcesim.rotation.model import Rotation
from forcesim.rotation.outcomes import RotationOutcome
from forcesim.rotation.replicate import simulate
from forcesim.rotation.result import RotationResult, TimeTo
from forcesim.rotation.sections import (
    Activation,
    Applicants,
    Caveat,
    Chain,
    Costs,
    Demand,
    Following,
    People,
    Phases,
    RotationPolicy,
    RotationSchool,
    Sourcing,
    State,
    Substitute,
    UnitGroup,
    UnitState,
)
from forcesim.rotation.slots import Candidate

__all__ = [
    "Activation",
    "Applicants",
    "Candidate",
    "Caveat",
    "Chain",
    "Costs",
    "Days",
    "Demand",
    "Following",
    "Outcome",
    "People",
    "Phases",
    "Rotation",
    "RotationOutcome",
    "RotationPolicy",
    "RotationRatio",
    "RotationResult",
    "RotationSchool",
    "Rule",
    "School",
    "SmallestForce",
    "Sourcing",
    "State",
    "Substitute",
    "TimeTo",
    "UnitGroup",
    "UnitState",
    "from_scenario",
    "load",
    "rotation_ratio",
    "save",
    "simulate",
    "smallest_force",
]

Outcome, School = RotationOutcome, RotationSchool
"""As they are called where nothing else is: a result has outcomes too, and an army schools."""
