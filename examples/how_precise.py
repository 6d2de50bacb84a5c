"""How precise is that, and what would it take? The methods on one question, and a chance too rare for plain paths.

What each method is worth is measured in the run itself: variance times time of plain paths over its own.
"""

from __future__ import annotations

from pathlib import Path

import forcesim as fs


def main() -> None:
    """Try every method on the mean gap, climb to a rare chance, and draw what each method needs."""
    scenario = fs.load("ukraine-2025")
    advice = fs.plan_precision(scenario, "gap", at="2030-12", half_width=1_000.0)
    print(advice)
    rare = fs.estimate(scenario, "gap <= 0", by="2028-12", method="splitting", paths=60_000)
    print(f"\nhow likely is it that the gap closes by itself before 2029?\n{rare}")
    output = Path("output")
    output.mkdir(exist_ok=True)
    advice.figure().savefig(output / "how_precise.png", dpi=150)
    print(f"picture: {output / 'how_precise.png'}")


if __name__ == "__main__":
    main()
