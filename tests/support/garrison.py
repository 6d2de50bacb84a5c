"""A process with one field of every kind, and a scenario of it: for tests of what a user writes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

import forcesim as fs
from forcesim.quantities import Quantity, Value, choice, number

Growth = Annotated[Value, Quantity("per year", -0.3, 0.3)]


class School(fs.Section):
    seats: fs.Persons = number(meaning="places", lever=True)
    kind: Literal["basic", "advanced"] = choice("basic", meaning="what it teaches", assumption="toy", lever=True)


class Garrison(fs.Process):
    """As many soldiers as the strength says."""

    name = section = "garrison"

    class Parameters(fs.Section):
        strength: fs.Persons = number(meaning="people on the books", lever=True)
        share: fs.Share = number(0.02, meaning="share of GDP", source="FG001", lever=True)
        growth: Growth = number(0.01, meaning="growth", assumption="toy")
        stance: Literal["out", "pledged", "deployed"] = choice("out", meaning="stance", assumption="toy", lever=True)
        schools: tuple[School, ...] = Field(default=(), max_length=3)

    class Common(fs.Section):
        dwell: fs.Months = number(
            Value.model_validate({"triangular": [6, 12, 24], "assumption": "toy"}), meaning="dwell"
        )
        ratio: fs.Ratio = number(3.0, meaning="units for each one deployed", assumption="toy", lever=True)

    writes = (fs.Indicator(name="garrison_strength", unit="persons", meaning="people on the books", outcome=True),)

    def start(self, context: fs.Context) -> None:
        context.write("garrison_strength")[:] = context.parameter("strength")

    def step(self, context: fs.Context, month: int) -> None:
        context.write("garrison_strength")[:] = context.parameter("strength")


def garrison_data(**more: Any) -> dict[str, Any]:
    """Return a scenario of garrisons as plain data: three nations, 13 months."""
    return {
        "name": "garrisons",
        "start": "2025-01",
        "horizon": "2026-01",
        "groups": {"west": ["DEU", "FRA"]},
        "nations": {
            "DEU": {"garrison": {"strength": 1000, "schools": [{"seats": 10}, {"seats": 20, "kind": "advanced"}]}},
            "FRA": {"garrison": {"strength": {"uniform": [500, 700], "source": "FG002"}, "share": 0.03}},
            "POL": {"garrison": {"strength": {"schedule": {"2025-01": 100, "2025-07": 200}, "assumption": "toy"}}},
        },
        "policies": {
            "status-quo": {"title": "Status quo", "baseline": True},
            "double": {"title": "Double", "settings": [{"lever": "nations.*.garrison.strength", "scale": 2}]},
            "pledge": {
                "title": "Pledge",
                "settings": [
                    {"lever": "nations.@west.garrison.share", "ramp": 0.05, "over": 6, "from": "2025-04"},
                    {"lever": "nations.DEU.garrison.stance", "set": "pledged", "from": "2025-06", "until": "2025-09"},
                ],
            },
        },
        **more,
    }


def garrisons(**more: Any) -> fs.Scenario:
    """Return the scenario of :func:`garrison_data`."""
    return fs.Scenario.of(garrison_data(**more), [Garrison])
