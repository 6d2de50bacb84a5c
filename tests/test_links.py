"""The links between processes are real: move the cause, and the effect moves; cut the link, and no bit of it moves.

The world is the bundled one with eight of its nations, cut short. Runs are paired by equal draws, so a difference is
judged by its own standard error: at least four of them, in the direction that the law says. Where a phase of the war
would carry the effect around by another way, it is held.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

import forcesim as fs
from tests.support.laws import assert_same_bits

NATIONS = ("DEU", "FRA", "GBR", "POL", "RUS", "SWE", "UKR", "USA")
PATHS = 300


@functools.cache
def small() -> fs.Scenario:
    """Return eight nations of the bundled scenario to 2027-02, without its policies."""
    data = fs.load("ukraine-2025").to_dict()
    kept = {code: data["nations"][code] for code in NATIONS}
    changed = {"nations": kept, "policies": {}, "groups": {}, "correlations": [], "horizon": "2027-02"}
    return fs.Scenario.of({**data, **changed})


RUNS: dict[str, fs.Result] = {}
"""Many links leave the same world as it is, or are cut alike."""


def run(values: dict[str, Any]) -> fs.Result:
    key = repr(sorted(values.items()))
    if key not in RUNS:
        RUNS[key] = simulated(values)
    return RUNS[key]


def simulated(values: dict[str, Any]) -> fs.Result:
    scenario = small().with_values(values)
    every = list(fs.make_plan(scenario).vocabulary)
    return fs.simulate(scenario, paths=PATHS, seed=21, threads=1, keep="paths", outcomes=every, progress=False)


def rows(result: fs.Result, outcome: str) -> np.ndarray:
    """Return an outcome, by name or as ``name[nation]``, as (month, path)."""
    name, _, nation = outcome.rstrip("]").partition("[")
    kept = result.kept[name]
    return np.asarray(kept[:, result.outcomes[name].nations.index(nation)] if nation else kept, dtype=float)


@dataclass(frozen=True)
class Link:
    """What is moved, what must follow (mean over the months), in which direction, and what cuts the link."""

    name: str
    cause: dict[str, Any]
    effect: str
    sign: int
    cut: dict[str, Any]
    given: dict[str, Any] = field(default_factory=dict)


HELD = {"conflict.hold": "ceasefire", "conflict.start_phase": "ceasefire"}
BREAKING = {
    "conflict.start_phase": "ceasefire", "conflict.breaking_share": 1, "conflict.breach_base": 0.08,
    "conflict.success_slope": 2,
}  # fmt: skip
WANTED = {**HELD, "contingent.requested": 100_000, "contingent.preparation_months": 1, "contingent.readiness": 4}
NO_OTHER_WAY = {
    **{f"nations.{code}.army.mobilisation": 0 for code in ("UKR", "RUS")},
    **{f"nations.{code}.army.peace_ceiling": 1e9 for code in ("UKR", "RUS")},
    **{f"nations.{code}.army.peace_theatre_share": 1 for code in ("UKR", "RUS")},
    **{f"exchange.{name}": 0 for name in ("mass_exponent", "fires_elasticity", "quality_exponent")},
    **{f"nations.UKR.absence.{name}": 0 for name in ("time_elasticity", "loss_elasticity")},
    **{f"nations.{code}.army.soldier_cost": 0 for code in ("UKR", "RUS")},
}
NO_EXCHANGE = {f"exchange.{name}": 0 for name in ("mass_exponent", "fires_elasticity", "quality_exponent")}
MORE_AT_THE_FRONT = {
    code: {f"nations.{code}.army.theatre_share": {"schedule": {"2025-02": 0.57, "2025-08": 0.9}}}
    for code in ("UKR", "RUS")
}
"""From half a year on: what stands at the start is part of the hazard of the start."""

LINKS = (
    Link(
        "money for people caps intake",
        {"nations.UKR.spending.personnel_share": 0.3},
        "accessions[UKR]",
        -1,
        {"nations.UKR.army.soldier_cost": 0},
    ),
    Link(
        "money for equipment buys equipment",
        {"nations.UKR.spending.equipment_share": 0.4},
        "equipment[UKR]",
        +1,
        {"nations.UKR.industry.push": 0, "nations.UKR.industry.other_share": 0},
        given={"conflict.hold": "war", "exchange.quality_exponent": 0},
    ),
    Link(
        "ground that yields pays for defence",
        {"resources.recovered_share": 1},
        "defence_budget[UKR]",
        +1,
        {"nations.UKR.resources.defence_share_of_revenue": 0, "nations.RUS.resources.defence_share_of_revenue": 0},
    ),
    Link(
        "a push of production is fires",
        {"nations.UKR.industry.push": 1.6},
        "fires[UKR]",
        +1,
        {"nations.UKR.industry.fires_needed": 0},
        given={"conflict.hold": "war"},
    ),
    Link(
        "a push of production is paid for",
        {"nations.UKR.industry.push": 1.6},
        "cost[UKR]",
        +1,
        {f"nations.UKR.industry.{line}.capacity": 0 for line in ("shells", "armour", "drones", "air_defence")}
        | {f"nations.UKR.industry.{line}.order_share": 0 for line in ("shells", "armour", "drones", "air_defence")},
        given={"conflict.hold": "war", "exchange.quality_exponent": 0},
    ),
    Link(
        "soldiers are missing at work",
        {"nations.UKR.army.mobilisation": 0, "nations.UKR.army.volunteers": 0},
        "gdp[UKR]",
        +1,
        {"nations.UKR.economy.labour": 0},
        given={"conflict.hold": "war"},
    ),
    Link(
        "debt slows a pledged rise",
        {"nations.FRA.debt.debt": 3.0},
        "defence_share[FRA]",
        -1,
        {"spending.debt_brake": 0},
        given={"nations.FRA.spending.floor": 0.035, "nations.FRA.spending.ramp": 5},
    ),
    Link(
        "partners' money for soldiers is a larger intake",
        {"aid.external_soldiers": 30},
        "accessions[UKR]",
        +1,
        {"nations.UKR.army.soldier_cost": 0, "nations.UKR.army.ceiling": 2e6},
        given={"conflict.hold": "war", "nations.UKR.army.ceiling": 2e6, "nations.UKR.spending.personnel_share": 0.4},
    ),
    Link(
        "money for equipment is quality",
        {"nations.UKR.spending.equipment_share": 0.4},
        "quality[UKR]",
        +1,
        {"balance.equipment_elasticity": 0, **NO_EXCHANGE},
    ),
    Link(
        "quality is the ratio",
        {"nations.UKR.spending.equipment_share": 0.4},
        "ratio",
        +1,
        {"balance.equipment_elasticity": 0, **NO_EXCHANGE},
    ),
    Link(
        "quality saves lives",
        {"nations.UKR.industry.push": 1.6},
        "losses[UKR]",
        -1,
        NO_EXCHANGE,
        given={"conflict.hold": "war", "front.ground_elasticity": 0, "front.collapse_rate": 0},
    ),
    Link(
        "quality costs the enemy lives",
        {"nations.UKR.industry.push": 1.6},
        "losses[RUS]",
        +1,
        NO_EXCHANGE,
        given={"conflict.hold": "war", "front.ground_elasticity": 0, "front.collapse_rate": 0},
    ),
    Link(
        "soldiers in the theatre cost the enemy lives",
        MORE_AT_THE_FRONT["UKR"],
        "losses[RUS]",
        +1,
        NO_EXCHANGE,
        given={"conflict.hold": "war"},
    ),
    Link(
        "losses keep volunteers away",
        MORE_AT_THE_FRONT["UKR"],
        "accessions[RUS]",
        -1,
        {"nations.RUS.recruiting.loss_effect": 0, "nations.RUS.recruiting.pool_elasticity": 0},
        given={
            "conflict.hold": "war",
            "nations.RUS.recruiting.loss_effect": 0.5,
            "nations.RUS.army.ceiling": 3_000_000,
            "nations.RUS.army.soldier_cost": 0,
            "nations.RUS.army.schools[0].seats": 1e6,
            "nations.RUS.army.students_per_instructor": 1e4,
        },
    ),
    Link(
        "peace keeps volunteers away",
        {"conflict.hold": "ceasefire"},
        "accessions[RUS]",
        -1,
        {
            "nations.RUS.recruiting.peace_share": 1,
            "nations.RUS.recruiting.loss_effect": 0,
            "nations.RUS.recruiting.pool_elasticity": 0,
            "nations.RUS.army.peace_ceiling": 3_000_000,
        },
        given={"conflict.hold": "war", "nations.RUS.army.soldier_cost": 0, "nations.RUS.army.ceiling": 3_000_000},
    ),
    Link(
        "losses drive soldiers away",
        MORE_AT_THE_FRONT["RUS"],
        "awol[UKR]",
        +1,
        {"nations.UKR.absence.loss_elasticity": 0, **NO_EXCHANGE},
        given={
            "conflict.hold": "war",
            "front.ground_elasticity": 0,
            "nations.UKR.absence.pressure_ceiling": 5,
            "nations.UKR.absence.loss_elasticity": 1,
        },
    ),
    Link(
        "the balance tempts a breach",
        {"nations.RUS.army.strength": 2_000_000},
        "breaches",
        +1,
        {"conflict.success_slope": 0, "conflict.ceasefire_elasticity": 0},
        given=BREAKING,
    ),
    Link(
        "a breach ends the ceasefire",
        {"nations.RUS.army.strength": 2_000_000},
        "secure_months",
        -1,
        {"conflict.success_slope": 0, "conflict.ceasefire_elasticity": 0},
        given=BREAKING,
    ),
    Link(
        "a ceasefire saves lives",
        {"conflict.hold": "ceasefire"},
        "losses[UKR]",
        -1,
        {"nations.UKR.army.quiet_share": 1, **NO_OTHER_WAY},
        given={"conflict.hold": "war"},
    ),
    Link(
        "foreign troops narrow the gap",
        {"contingent.requested": 100_000},
        "gap",
        -1,
        {f"nations.{code}.contingent.limit": 0 for code in NATIONS if code not in ("UKR", "RUS", "USA")},
        given={**WANTED, "contingent.requested": 0},
    ),
    Link(
        "foreign troops back the guarantee",
        {"contingent.requested": 100_000},
        "breach_hazard",
        -1,
        {"conflict.presence_ratio": 1},
        given={**WANTED, "contingent.requested": 0, "conflict.presence_reading": 0},
    ),
    Link(
        "a backstop brings troops",
        {"contingent.backstop_offered": "yes"},
        "contingent",
        +1,
        {
            "contingent.backstop_effect": 0,
            "contingent.backstop_opens": 0,
            "contingent.withdrawal_backstop": 0,
            "generation.own_enablers": 1,
        },
        given={**WANTED, "contingent.backstop_effect": 1.5, "contingent.readiness": 1},
    ),
    Link(
        "a recession slows pledges",
        {f"nations.{code}.economy.trend": -0.1 for code in NATIONS if code not in ("UKR", "RUS")},
        "contingent",
        -1,
        {"contingent.recession_effect": 0, "generation.response": 0},
        given={**WANTED, "contingent.recession_effect": 20, "contingent.readiness": 1},
    ),
    Link(
        "money brings soldiers",
        {"nations.DEU.spending.target_share": 0.07},
        "soldiers[DEU]",
        +1,
        {"generation.response": 0},
    ),
    Link(
        "soldiers fill brigades that can be sent",
        {"nations.FRA.generation.conscription": 0.3},
        "deployable[FRA]",
        +1,
        {"generation.land_part": 0},
    ),
    Link(
        "who can be sent is sent",
        {"generation.readiness": 0.5},
        "contingent",
        +1,
        {"contingent.ambition": 0},
        given=WANTED,
    ),
    Link(
        "a recession weighs on the share",
        {"nations.DEU.economy.trend": -0.1},
        "defence_share[DEU]",
        -1,
        {"spending.stress": 0},
    ),
    Link(
        "donors' aid is the recipient's equipment",
        {"nations.USA.aid.military": 200, "nations.DEU.aid.military": 40},
        "equipment[UKR]",
        +1,
        {"nations.UKR.aid.receives": 0},
        given={"conflict.hold": "war", "exchange.quality_exponent": 0},
    ),
)


@pytest.mark.parametrize("link", LINKS, ids=lambda link: link.name.replace(" ", "-"))
def test_the_effect_follows_the_cause_and_nothing_follows_once_the_link_is_cut(link: Link) -> None:
    before = rows(run(link.given), link.effect)
    after = rows(run({**link.given, **link.cause}), link.effect)
    difference = (after - before).mean(axis=0)
    error = difference.std(ddof=1) / np.sqrt(PATHS)
    assert link.sign * difference.mean() > 4 * error, f"{difference.mean():.6g}, error {error:.3g}, n = {PATHS}"
    cut = {**link.given, **link.cut}
    assert_same_bits(rows(run(cut), link.effect), rows(run({**cut, **link.cause}), link.effect), link.effect)


def test_the_gap_is_narrower_by_the_contingent_and_by_nothing_else() -> None:
    """With the phase held the contingent touches the gap alone: to the last soldier, on every path."""
    without, there = run({**WANTED, "contingent.requested": 0}), run(WANTED)
    troops = rows(there, "contingent")
    assert troops.max() > 10_000
    np.testing.assert_array_equal(rows(without, "gap") - rows(there, "gap"), troops)
    assert_same_bits(rows(without, "strength[UKR]"), rows(there, "strength[UKR]"))


def test_gdp_carries_the_budget_one_to_one() -> None:
    """Without chance in resources or a phase: a tenth more GDP is a tenth more budget, aid and orders included."""
    gdp = small().get("nations.DEU.economy.gdp").value
    before, after = run({}), run({"nations.DEU.economy.gdp": 1.1 * gdp})
    np.testing.assert_allclose(rows(after, "defence_budget[DEU]"), 1.1 * rows(before, "defence_budget[DEU]"), rtol=1e-9)
    assert_same_bits(rows(after, "defence_share[DEU]"), rows(before, "defence_share[DEU]"))
    assert_same_bits(rows(after, "defence_budget[FRA]"), rows(before, "defence_budget[FRA]"))


@pytest.mark.parametrize(
    ("section", "outcome", "still"),
    [
        ("economy", "defence_budget[DEU]", 0.0),
        ("industry", "production[UKR]", None),
        ("contingent", "contingent", None),
        ("resources", "resource_revenue[UKR]", None),
    ],
)
def test_without_its_section_a_cause_is_gone(section: str, outcome: str, still: float | None) -> None:
    """Who has no economy has no budget; what no process writes is no outcome, and the rest runs on."""
    data = small().to_dict()
    for nation in data["nations"].values():
        nation.pop(section, None)
    result = fs.simulate(fs.Scenario.of(data), paths=32, seed=21, threads=1, keep="paths", progress=False)
    if still is None:
        assert outcome.partition("[")[0] not in result.outcomes
    else:
        assert (rows(result, outcome) == still).all()
    assert rows(result, "strength[UKR]").min() > 0
