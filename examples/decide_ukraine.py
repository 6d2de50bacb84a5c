"""From futures to advice on Ukraine: which policy, how much of it, what matters, where it fails, and what to do then.

Runs the whole chain of decisions on ``ukraine-2026`` on common futures, and prints advice with its limits. Draws
output/decide_which.png, decide_what_matters.png, decide_regret.png and decide_where_it_fails.png. Takes some minutes.
"""

from __future__ import annotations

import sys
from pathlib import Path

import forcesim as fs

POLICIES = ["status-quo", "ukraine-1.5m-financed", "europe-150k", "nato-membership", "all-in"]
MONTHS, BALANCE = "secure_months", "front_ratio >= 0.67"
LAST, DATE = "2035-12", "2030-12"
CEASEFIRE = "phase == 'ceasefire'"
COST = "total(sum(cost))"
PATHS = 1_000


def step(text: str) -> None:
    """Say on the error stream what is being worked out."""
    print(f"{text} ...", file=sys.stderr, flush=True)


def which(scenario: fs.Scenario, folder: Path) -> str:
    """Return the policy with the most secure months; print what is certain of it."""
    step("which policy")
    told = fs.compare(scenario, POLICIES, MONTHS, at=LAST, cost=COST, paths=PATHS, progress=False)
    told.figure().savefig(folder / "decide_which.png", dpi=150)
    print("1. Which policy?", *told.sentences, sep="\n   ")
    best = max(POLICIES, key=lambda name: told.values[name].value)
    gain = told.values[best].value - told.values["status-quo"].value
    print(f"   Advice: {best}. It brings {gain:.1f} secure months more than the status quo by {LAST}.")
    return best


def how_much(scenario: fs.Scenario) -> None:
    """Print the least mobilisation for an 80 % chance, and what stands in the way of more."""
    step("how much is enough")
    print("\n2. How much is enough?")
    for chance in (0.8, 0.95):
        found = fs.solve(
            scenario, "nations.UKR.army.mobilisation", reach=BALANCE, given=CEASEFIRE, at=DATE, chance=chance,
            high=80_000, paths=PATHS, progress=False,
        )  # fmt: skip
        print("  ", *found.sentences)


def what_matters(scenario: fs.Scenario, best: str, folder: Path) -> None:
    """Print which unknown matters most, whence the spread comes, and what knowing would be worth."""
    step("what matters")
    found = fs.sensitivity(scenario, best, MONTHS, at=LAST, paths=PATHS, most=5, progress=False)
    found.figure().savefig(folder / "decide_what_matters.png", dpi=150)
    print("\n3. What matters?")
    for name in [name for name in found.ranking if "." in name or name == "chance"][:3]:
        print(f"   {name}: {found.measures['total'][name].value:.0%} of the variance would go if it were known")
    parts = fs.decompose(scenario, best, MONTHS, at=LAST, paths=512, most=5, progress=False)
    lead = max((name for name in parts.alone if name != "interaction"), key=lambda name: parts.alone[name].value)
    print(f"   The largest part of the spread by itself: {lead}, {parts.alone[lead].value:.0%}")
    knowing = fs.value_of_information(scenario, POLICIES, MONTHS, at=LAST, paths=2_048, progress=False)
    name = max((name for name in knowing.worth if "." in name), key=lambda name: knowing.worth[name].value)
    print(f"   Worth most to know before the choice: {name}, {knowing.worth[name]}")


def where_it_fails(scenario: fs.Scenario, best: str, folder: Path) -> None:
    """Print how policies hold up against what nobody knows, and where the best one fails."""
    step("where it fails")
    held = fs.robustness(scenario, POLICIES, MONTHS, at=LAST, worlds=64, plays=8, search=False, progress=False)
    held.figure().savefig(folder / "decide_regret.png", dpi=150)
    print("\n4. Where does it fail?", *held.sentences(), sep="\n   ")
    found = fs.discover(scenario, best, f"{MONTHS} < 24", at=LAST, paths=2 * PATHS, progress=False)
    found.figure().savefig(folder / "decide_where_it_fails.png", dpi=150)
    place = max(
        (place for place, box in enumerate(found.boxes) if 0 < len(box.limits) <= 3),
        key=lambda place: found.boxes[place].fresh_density,
    )
    box = found.boxes[place]
    print(f"   Fewer than 24 secure months come on {found.base:.0%} of all paths under {best}, but on", end=" ")
    print(f"{box.fresh_density:.0%} of fresh ones where (with {box.fresh_coverage:.0%} of all such cases):")
    for name, ends in found.box(place).iterrows():
        print(f"   - {name} lies between {ends['low']:.3g} and {ends['high']:.3g}")


def what_then(scenario: fs.Scenario, best: str) -> None:
    """Print what a rule is worth that acts when the balance slips."""
    step("what to do when it changes")
    rule = fs.Rule(
        when="front_ratio < 0.5",
        months=3,
        settings=[fs.Setting(lever="nations.UKR.army.mobilisation", scale=1.2)],
        cost=0.1,
    )
    watchful = fs.Policy(title="a fifth more where the balance slips", rules=[rule])
    told = fs.compare(
        scenario, [best, [best, watchful]], BALANCE, at=DATE, given=CEASEFIRE, paths=PATHS, progress=False
    )
    print("\n5. What to do when it changes? A fifth more mobilised after three months below 0.5:")
    print("  ", *told.sentences)


def main() -> None:
    """Go through the chain."""
    scenario = fs.load("ukraine-2026")
    folder = Path("output")
    folder.mkdir(exist_ok=True)
    best = which(scenario, folder)
    how_much(scenario)
    what_matters(scenario, best, folder)
    where_it_fails(scenario, best, folder)
    what_then(scenario, best)
    print(
        "\nLimits: these are answers of the model, with its assumptions. Most of the spread is chance: when a ceasefire"
        "\ncomes and whether it breaks, which no policy here decides. Intervals are of Monte Carlo error alone, unless"
        "\nthey say what we do not know. `print(scenario.audit())` lists every number with its source."
    )


if __name__ == "__main__":
    main()
