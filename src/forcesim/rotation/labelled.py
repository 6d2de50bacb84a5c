"""The result of a rotation study as xarray: every number with its axes, its unit and its labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from forcesim.rotation.layout import WHOLE_UNIT
from forcesim.rotation.outcomes import category_days
from forcesim.rotation.people import BIN_DAYS, BINS
from forcesim.rotation.tally import STRESS_BINS, sample_step
from forcesim.rotation.world import BROKEN, CATEGORIES, STATES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr

    from forcesim.packing import Arrays
    from forcesim.rotation.layout import RotationLayout
    from forcesim.rotation.outcomes import RotationOutcome

__all__ = ["dataset_of"]


def dataset_of(
    layout: RotationLayout, outcomes: Mapping[str, RotationOutcome], arrays: Arrays, *, seed: int
) -> xr.Dataset:
    """Return everything as xarray: each outcome by replication, the account by group, phase and category."""
    import xarray as xr

    found: dict[str, Any] = {}
    for name, outcome in outcomes.items():
        dims = ("replication", outcome.axis) if outcome.axis else ("replication",)
        found[name] = (dims, outcome.series, {"units": outcome.unit, "long_name": outcome.meaning})
    days = {"units": "unit-days"}
    found["account"] = (("replication", "group", "phase", "category"), category_days(arrays), days)
    found["state_days"] = (("replication", "group", "phase", "state"), arrays["days"], days)
    found["phase_days"] = (("replication", "phase"), arrays["phase_days"], {"units": "days"})
    for name in ("asked", "filled", "unmet"):
        values = arrays[name] / WHOLE_UNIT
        found[f"{name}_by_phase"] = (("replication", "demand", "phase"), values, days)
    departures = {"units": "departures"}
    found["dwell_departures"] = (("replication", "group", "dwell_bin"), arrays["dwell"], departures)
    found["stress_units"] = (("replication", "group", "stress_bin"), arrays["stress"], {"units": "units"})
    if "personal_dwell" in arrays:
        persons = arrays["personal_dwell"]
        found["dwell_persons"] = (("replication", "group", "dwell_bin"), persons, {"units": "persons"})
    series = arrays["series"]
    for place, (name, scale, unit) in enumerate((
        ("asked_at", WHOLE_UNIT, "units"), ("there_at", WHOLE_UNIT, "units"), ("persons_at", 1, "persons"),
    )):  # fmt: skip
        found[name] = (("replication", "demand", "day"), series[:, place] / scale, {"units": unit})
    attributes = {"title": layout.study.name, "seed": seed, "start": layout.study.start}
    return xr.Dataset(found, _coordinates(layout, len(arrays["days"])), attributes)


def _coordinates(layout: RotationLayout, replications: int) -> dict[str, Any]:
    """Return the labels of the dataset's axes."""
    groups = layout.study.units
    step = sample_step(layout.study.days)
    found: dict[str, Any] = {
        "replication": np.arange(replications),
        "demand": [demand.name for demand in layout.study.demands],
        "priority": ("demand", [demand.priority for demand in layout.study.demands]),
        "group": [group.name for group in groups],
        "phase": list(layout.phases),
        "category": list(CATEGORIES),
        "state": list(STATES),
        "rule": list(BROKEN),
        "school": [school.name for school in layout.study.schools],
        "dwell_bin": ("dwell_bin", np.arange(BINS) * BIN_DAYS, {"units": "days", "long_name": "from"}),
        "stress_bin": ("stress_bin", np.arange(STRESS_BINS) / STRESS_BINS, {"units": "share of days away"}),
        "day": ("day", np.arange(0, layout.study.days, step), {"units": "days"}),
    }
    for key in ("nation", "component", "type"):
        found[key] = ("group", [getattr(group, key) for group in groups])
    if not layout.study.schools:
        del found["school"]
    return found
