"""What a user writes: a scenario, read from a file or made in Python, and everything that can be asked of it."""

from forcesim.scenario.asked import asked, stack_of
from forcesim.scenario.files import load, save, scenario_schema
from forcesim.scenario.model import Scenario

__all__ = ["Scenario", "asked", "load", "save", "scenario_schema", "stack_of"]
