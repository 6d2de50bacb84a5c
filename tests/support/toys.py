"""Small processes and scenarios whose answers are known, for tests of plan, engine and results."""

from __future__ import annotations

from typing import Any

import forcesim as fs


class Walk(fs.Process):
    """A random walk with drift for each nation: mean drift x month, variance spread^2 x month."""

    name = section = "walk"

    class Parameters(fs.Section):
        level: fs.Ratio = fs.number(0.0, meaning="level at the start", assumption="toy")
        drift: fs.Ratio = fs.number(1.0, meaning="drift by month", assumption="toy", lever=True)
        spread: fs.Ratio = fs.number(1.0, meaning="standard deviation by month", assumption="toy")

    writes = (fs.Indicator(name="level", unit="units", meaning="level of the walk", outcome=True),)
    draws = (fs.Draw("z_walk"),)

    def start(self, context: fs.Context) -> None:
        context.write("level")[:] = context.parameter("level")

    def step(self, context: fs.Context, month: int) -> None:
        context.write("level")[:] += context.parameter("drift") + context.parameter("spread") * context.draw("z_walk")


class Sum(fs.Process):
    """The sum of all walks, and last month's sum: one read without lag, one with."""

    name = section = "sum"

    class Parameters(fs.Section):
        weight: fs.Ratio = fs.number(1.0, meaning="weight in the sum", assumption="toy", lever=True)

    reads = (fs.Read("level"),)
    writes = (
        fs.Indicator(name="total", unit="units", meaning="sum of the walks", scope="world", outcome=True),
        fs.Indicator(
            name="sign", unit="code", meaning="sign of the sum", scope="world", outcome=True, storage="code",
            labels=("below", "above"),
        ),
    )  # fmt: skip

    def start(self, context: fs.Context) -> None:
        self.step(context, 0)

    def step(self, context: fs.Context, month: int) -> None:
        levels = context.read("level").reshape(len(context.nations), -1)
        context.write("total")[:] = (context.parameter("weight") * levels).sum(axis=0)
        context.write("sign")[:] = context.write("total") > 0


TOYS = (Walk, Sum)


def toy_data(nations: tuple[str, ...] = ("DEU", "FRA"), **more: Any) -> dict[str, Any]:
    """Return a scenario of walks as plain data, 13 months."""
    return {
        "name": "toy",
        "start": "2025-01",
        "horizon": "2026-01",
        "nations": {nation: {"walk": {}, "sum": {}} for nation in nations},
        "policies": {
            "status-quo": {"title": "Status quo", "baseline": True},
            "faster": {
                "title": "Faster",
                "settings": [{"lever": "nations.*.walk.drift", "set": 2.0, "from": "2025-07"}],
            },
            "ramped": {"title": "Ramped", "settings": [{"lever": "nations.DEU.walk.drift", "ramp": 3.0, "over": 4}]},
        },
        **more,
    }


def toy_scenario(nations: tuple[str, ...] = ("DEU", "FRA"), **more: Any) -> fs.Scenario:
    """Return the scenario of :func:`toy_data`."""
    return fs.Scenario.of(toy_data(nations, **more), TOYS)
