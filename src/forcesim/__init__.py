"""forcesim: defence policy as stochastic processes, with Monte Carlo error and a source for every number.

>>> import forcesim as fs
>>> scenario = fs.load("ukraine-2025")
>>> result = fs.simulate(scenario, "nato-in-ukraine", paths=512, seed=2025)
>>> result.chance("gap <= 0", by="2030-12")  # doctest: +ELLIPSIS
Estimate(...)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from forcesim import evidence, rotation
    from forcesim.decide.compare import compare
    from forcesim.decide.comparison import Comparison, Comparisons
    from forcesim.decide.decompose import Decomposition, decompose
    from forcesim.decide.discovery import Discovery, discover
    from forcesim.decide.ema import ScenarioFunction, as_function, to_ema
    from forcesim.decide.front import Frontier
    from forcesim.decide.frontier import frontier
    from forcesim.decide.information import ValueOfInformation, value_of_information
    from forcesim.decide.pathways import pathways
    from forcesim.decide.precision import Advice, Answer, estimate, plan_precision
    from forcesim.decide.robustness import Robustness, robustness
    from forcesim.decide.select import Selection, select
    from forcesim.decide.sensitivity import Sensitivity, sensitivity
    from forcesim.decide.signposts import signposts
    from forcesim.decide.signs import Signpost, Signposts
    from forcesim.decide.solution import Solution
    from forcesim.decide.solve import solve
    from forcesim.decide.stretches import Pathways, Stretch
    from forcesim.decide.turning import turning_value
    from forcesim.engine import Derived, Precision, Profile, Trace, profile, replay, reproduce, simulate
    from forcesim.errors import (
        CheckpointError,
        DataError,
        ExecutorError,
        ExpressionError,
        FileError,
        ForcesimError,
        Interrupted,
        ManifestError,
        PlanError,
        PolicyError,
        ProcessError,
        ResultError,
        ScenarioError,
    )
    from forcesim.kernels import law
    from forcesim.manifest import Manifest
    from forcesim.plan import Plan, make_plan
    from forcesim.policy import Policy, Rule, Setting
    from forcesim.processes.laws import Items, total, unless_zero, world, yearly
    from forcesim.processes.process import Context, Draw, Process, Section
    from forcesim.quantities import Months, PerMonth, Persons, Ratio, Share, UsdBn, Value, choice, number
    from forcesim.randomness.variates import binomial, binomial_counts, whole
    from forcesim.result import Estimate, Result
    from forcesim.scenario import Scenario, load, save, scenario_schema
    from forcesim.state import Factor, Flow, Indicator, Read, Stock
    from forcesim.tables import table

__version__ = "0.1.0"

_HOME = {
    "Advice": "decide.precision",
    "Answer": "decide.precision",
    "CheckpointError": "errors",
    "Comparison": "decide.comparison",
    "Comparisons": "decide.comparison",
    "Context": "processes.process",
    "DataError": "errors",
    "Decomposition": "decide.decompose",
    "Derived": "engine",
    "Discovery": "decide.discovery",
    "Draw": "processes.process",
    "Estimate": "result",
    "ExecutorError": "errors",
    "ExpressionError": "errors",
    "Factor": "state",
    "FileError": "errors",
    "Flow": "state",
    "ForcesimError": "errors",
    "Frontier": "decide.front",
    "Indicator": "state",
    "Interrupted": "errors",
    "Items": "processes.laws",
    "Manifest": "manifest",
    "ManifestError": "errors",
    "Months": "quantities",
    "Pathways": "decide.stretches",
    "PerMonth": "quantities",
    "Persons": "quantities",
    "Plan": "plan",
    "PlanError": "errors",
    "Policy": "policy",
    "PolicyError": "errors",
    "Precision": "engine",
    "Process": "processes.process",
    "ProcessError": "errors",
    "Profile": "engine",
    "Ratio": "quantities",
    "Read": "state",
    "Result": "result",
    "ResultError": "errors",
    "Rule": "policy",
    "Robustness": "decide.robustness",
    "Scenario": "scenario",
    "ScenarioError": "errors",
    "ScenarioFunction": "decide.ema",
    "Section": "processes.process",
    "Selection": "decide.select",
    "Sensitivity": "decide.sensitivity",
    "Setting": "policy",
    "Share": "quantities",
    "Signpost": "decide.signs",
    "Signposts": "decide.signs",
    "Solution": "decide.solution",
    "Stock": "state",
    "Stretch": "decide.stretches",
    "Trace": "engine",
    "UsdBn": "quantities",
    "Value": "quantities",
    "ValueOfInformation": "decide.information",
    "as_function": "decide.ema",
    "binomial": "randomness.variates",
    "binomial_counts": "randomness.variates",
    "choice": "quantities",
    "compare": "decide.compare",
    "decompose": "decide.decompose",
    "discover": "decide.discovery",
    "estimate": "decide.precision",
    "frontier": "decide.frontier",
    "law": "kernels",
    "load": "scenario",
    "make_plan": "plan",
    "number": "quantities",
    "pathways": "decide.pathways",
    "plan_precision": "decide.precision",
    "profile": "engine",
    "replay": "engine",
    "reproduce": "engine",
    "robustness": "decide.robustness",
    "save": "scenario",
    "scenario_schema": "scenario",
    "select": "decide.select",
    "sensitivity": "decide.sensitivity",
    "signposts": "decide.signposts",
    "simulate": "engine",
    "solve": "decide.solve",
    "table": "tables",
    "to_ema": "decide.ema",
    "total": "processes.laws",
    "turning_value": "decide.turning",
    "unless_zero": "processes.laws",
    "value_of_information": "decide.information",
    "whole": "randomness.variates",
    "world": "processes.laws",
    "yearly": "processes.laws",
}

_ROOMS = frozenset({"evidence", "rotation"})
"""Parts with names of their own: ``fs.evidence.fit``, ``fs.rotation.simulate``."""

__all__ = [
    "Advice",
    "Answer",
    "CheckpointError",
    "Comparison",
    "Comparisons",
    "Context",
    "DataError",
    "Decomposition",
    "Derived",
    "Discovery",
    "Draw",
    "Estimate",
    "ExecutorError",
    "ExpressionError",
    "Factor",
    "FileError",
    "Flow",
    "ForcesimError",
    "Frontier",
    "Indicator",
    "Interrupted",
    "Items",
    "Manifest",
    "ManifestError",
    "Months",
    "Pathways",
    "PerMonth",
    "Persons",
    "Plan",
    "PlanError",
    "Policy",
    "PolicyError",
    "Precision",
    "Process",
    "ProcessError",
    "Profile",
    "Ratio",
    "Read",
    "Result",
    "ResultError",
    "Robustness",
    "Rule",
    "Scenario",
    "ScenarioError",
    "ScenarioFunction",
    "Section",
    "Selection",
    "Sensitivity",
    "Setting",
    "Share",
    "Signpost",
    "Signposts",
    "Solution",
    "Stock",
    "Stretch",
    "Trace",
    "UsdBn",
    "Value",
    "ValueOfInformation",
    "as_function",
    "binomial",
    "binomial_counts",
    "choice",
    "compare",
    "decompose",
    "discover",
    "estimate",
    "evidence",
    "frontier",
    "law",
    "load",
    "make_plan",
    "number",
    "pathways",
    "plan_precision",
    "profile",
    "replay",
    "reproduce",
    "robustness",
    "rotation",
    "save",
    "scenario_schema",
    "select",
    "sensitivity",
    "signposts",
    "simulate",
    "solve",
    "table",
    "to_ema",
    "total",
    "turning_value",
    "unless_zero",
    "value_of_information",
    "whole",
    "world",
    "yearly",
]


def __getattr__(name: str) -> Any:
    """Load a public name on first use, so that ``import forcesim`` stays quick."""
    if name in _ROOMS:
        return importlib.import_module(f"forcesim.{name}")
    if name not in _HOME:
        message = f"module 'forcesim' has no attribute {name!r}"
        raise AttributeError(message)
    found = getattr(importlib.import_module(f"forcesim.{_HOME[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted([*__all__, "__version__"])
