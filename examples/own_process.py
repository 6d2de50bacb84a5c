"""A mechanism of one's own beside the built-in ones: war weariness, and what it does to volunteers.

Weariness rises with the month's losses as a share of strength, and fades. Nothing in forcesim is edited. The answer:
how likely is it that weariness doubles under two policies, and what would that cost in volunteers?
"""

from __future__ import annotations

from pathlib import Path

import forcesim as fs
from forcesim.numerics import exp


def weariness(weariness: float, losses: float, strength: float, fading: float, spread: float, z_mood: float) -> float:
    """Fade, add the month's losses and a shock."""
    burden = losses / max(strength, 1.0)
    return max(0.0, (1.0 - fading) * weariness + burden + spread * z_mood)


class Weariness(fs.Process):
    """War weariness of an army's country."""

    name = section = "weariness"

    class Parameters(fs.Section):
        """For each army that is asked about."""

        weariness: fs.Ratio = fs.number(0.1, meaning="weariness in month 0", assumption="yardstick: doubling counts")
        fading: fs.PerMonth = fs.number(0.05, meaning="rate at which it fades", assumption="half-life of 14 months")
        spread: fs.Ratio = fs.number(0.005, meaning="standard deviation of the month's shock", assumption="small")

    reads = (fs.Read("losses"), fs.Read("strength"))
    writes = (fs.Indicator(name="weariness", unit="index", meaning="war weariness", outcome=True),)
    draws = (fs.Draw("z_mood"),)
    month = (weariness,)


def morale(weariness: float, weight: float) -> float:
    """Return volunteers against those of a country that is not weary."""
    return exp(-weight * weariness)


class Morale(fs.Process):
    """What weariness does to volunteers: a factor on a rate of the army."""

    name = section = "morale"

    class Parameters(fs.Section):
        """For each army that is asked about."""

        weight: fs.Ratio = fs.number(2.0, meaning="fall of the log of volunteers", assumption="a fifth fewer at 0.1")

    reads = (fs.Read("weariness"),)
    writes = (fs.Factor(name="morale", on="army.volunteers", meaning="volunteers against no weariness", outcome=True),)
    month = (morale,)


def main() -> None:
    """Run two policies with the processes added, print the answer, write the picture."""
    scenario = fs.load("ukraine-2025", processes=[Weariness, Morale])
    scenario = scenario.with_values(
        {"nations.UKR.weariness": {}, "nations.RUS.weariness": {}, "nations.UKR.morale": {}}
    )
    for policy in ("status-quo", "nato-in-ukraine"):
        result = fs.simulate(scenario, policy, paths=4_000, seed=2025, keep=["weariness", "morale"])
        chance = result.chance("weariness[UKR] >= 0.2", by="2027-12")
        lost = 1.0 - result.mean("morale[UKR]", at="2027-12").value
        print(
            f"{policy}: weariness in Ukraine doubles by 2027-12 with chance {chance}; volunteers then: {lost:.0%} fewer"
        )
    output = Path("output")
    output.mkdir(exist_ok=True)
    result.fan("weariness").savefig(output / "own_process.png", dpi=150)
    print(f"picture: {output / 'own_process.png'}")


if __name__ == "__main__":
    main()
