"""A process of one's own, in NumPy, beside the built-in ones: war weariness.

Weariness rises with the month's losses as a share of strength and fades; nothing in forcesim is
edited. The answer: how likely is it that weariness doubles, under two policies?
"""

from __future__ import annotations

from pathlib import Path

import forcesim as fs


class Weariness(fs.Process):
    """w' = w exp(-fading) + losses / strength + noise, never below zero."""

    name = section = "weariness"

    class Parameters(fs.Section):
        """For each army that is asked about."""

        start: fs.Ratio = fs.number(
            0.1, meaning="weariness in month 0", assumption="yardstick: doubling is what counts"
        )
        fading: fs.PerMonth = fs.number(0.05, meaning="rate at which it fades", assumption="half-life of 14 months")
        spread: fs.Ratio = fs.number(0.005, meaning="standard deviation of the month's shock", assumption="small")

    reads = (fs.Read("losses"), fs.Read("strength"))
    writes = (fs.Indicator(name="weariness", unit="index", meaning="war weariness", outcome=True),)
    draws = (fs.Draw("z_mood"),)

    def start(self, context: fs.Context) -> None:
        """Begin at the given level."""
        context.write("weariness")[:] = context.parameter("start")

    def step(self, context: fs.Context, month: int) -> None:  # noqa: ARG002 - the same law every month
        """Fade, add the month's losses and a shock."""
        weariness = context.write("weariness")
        burden = context.read("losses") / context.read("strength").clip(1.0)
        weariness *= 1.0 - context.parameter("fading")
        weariness += burden + context.parameter("spread") * context.draw("z_mood")
        weariness.clip(0.0, out=weariness)


def main() -> None:
    """Run two policies with the process added, print the answer, write the picture."""
    scenario = fs.load("ukraine-2025", processes=[Weariness])
    scenario = scenario.with_values({"nations.UKR.weariness": {}, "nations.RUS.weariness": {}})
    for policy in ("status-quo", "nato-in-ukraine"):
        result = fs.simulate(scenario, policy, paths=4_000, seed=2025)
        chance = result.chance("weariness[UKR] >= 0.2", by="2027-12")
        print(f"{policy}: weariness in Ukraine doubles by 2027-12 with chance {chance}")
    output = Path("output")
    output.mkdir(exist_ok=True)
    result.fan("weariness").savefig(output / "own_process.png", dpi=150)
    print(f"picture: {output / 'own_process.png'}")


if __name__ == "__main__":
    main()
