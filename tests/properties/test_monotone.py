"""More of a cause never gives less of its effect, path by path at equal draws, where a law promises it.

Each claim names what it must shut out: another way by which the cause acts (the phase of the war, most often, which
feeds back on everything) could turn the sign on a path.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import forcesim as fs
from tests.support.worlds import armies, dials, months_from, policy_of, scenario_of, some, worlds

PATHS = 256
# An example is a whole scenario: to shrink one takes minutes, and the seed and the data are printed.
FEW = settings(max_examples=8, deadline=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
DATES = months_from("2025-01", 18)
EFFECTS = {
    "backstop_effect": (0.0, 1.0),
    "peers_effect": (0.0, 1.0),
    "withdrawal_backstop": (0.0, 1.0),
    "cascade": (0.0, 1.0),
    "preparation_months": (0.0, 4.0),
    "ramp_months": (0.0, 9.0),
    "exit_months": (0.0, 9.0),
}


def run(data: dict[str, Any], policy: str = "", **values: Any) -> dict[str, np.ndarray]:
    scenario = scenario_of(data)
    if policy:
        scenario = scenario.with_policy(policy)
    if values:
        scenario = scenario.with_values({path.replace("__", "."): value for path, value in values.items()})
    return fs.simulate(scenario, paths=PATHS, seed=13, threads=1, keep="paths", progress=False).kept


def assert_never_less(more: np.ndarray, less: np.ndarray, label: str, slack: float = 0.0) -> None:
    short = less - more
    worst = float(short.max(initial=0.0))
    bound = slack + 1e-12 * np.abs(less).max(initial=0.0)  # rounding of the last place
    assert worst <= bound, f"{label}: less by {worst:.6g} in {int((short > bound).sum())} of {short.size} cases"


def first(event: np.ndarray) -> np.ndarray:
    """Return the first month of an event on each path; past the end where it never comes."""
    return np.where(event.any(axis=0), event.argmax(axis=0), len(event))


def without_phases(data: dict[str, Any]) -> dict[str, Any]:
    """Return a world that is at war throughout (and without its policy, which may set what is no more there)."""
    return {name: found for name, found in data.items() if name not in ("conflict", "policies")}


@st.composite
def lone_armies(draw: st.DrawFn) -> dict[str, Any]:
    """Return two armies at war in which neither pool, seats, ceiling, money nor absorption binds."""
    nations = {}
    for code in ("RUS", "UKR"):
        army = draw(armies(DATES))
        for name in ("ceiling", "peace_ceiling", "instructor_share", "intake_volatility", "pool"):
            army.pop(name, None)
        for school in army.get("schools", []):
            school["seats"] = 1e9
        army |= {"strength": draw(st.integers(800_000, 10**6)), "absorption_share": 1.0, "students_per_instructor": 1e6}
        army |= {"volunteers": draw(st.integers(0, 500)), "mobilisation": draw(st.integers(0, 500))}
        nations[code] = {"army": army}
    return {"name": "armies", "start": DATES[0], "horizon": DATES[-1], "nations": nations}


@FEW
@given(lone_armies(), st.sampled_from(["volunteers", "mobilisation"]), st.integers(1, 1000))
def test_more_who_come_are_never_fewer_on_the_books(data: dict[str, Any], cause: str, more: int) -> None:
    """Shut out: quality (more recruits dilute it) and every bound. A count may differ by one at its switch of method."""
    little = run(data)
    much = run(data, **{f"nations__UKR__army__{cause}": data["nations"]["UKR"]["army"][cause] + more})
    assert_never_less(much["accessions"], little["accessions"], "accessions")
    for name in ("strength", "trained", "absent"):
        assert_never_less(much[name], little[name], name, slack=len(DATES))
    extra = (much["accessions"] - little["accessions"])[:, 1].sum(axis=0)
    assert (extra > 0).all(), "the cause must act"
    for name, kept in little.items():
        np.testing.assert_array_equal(much[name][:, 0], kept[:, 0], err_msg=f"{name} of the other army")


@FEW
@given(lone_armies(), st.integers(0, 3000), st.integers(0, 20_000), st.integers(1, 20_000))
def test_a_larger_pool_never_gives_fewer_recruits(data: dict[str, Any], entries: int, pool: int, more: int) -> None:
    data["nations"]["UKR"]["army"] |= {"pool": pool, "pool_entries": entries, "mobilisation": 5000}
    little = run(data)
    for name, value in (("pool", pool + more), ("pool_entries", entries + more)):
        much = run(data, **{f"nations__UKR__army__{name}": value})
        assert_never_less(much["accessions"], little["accessions"], f"accessions by {name}", slack=1)
        assert_never_less(much["strength"], little["strength"], f"strength by {name}", slack=len(DATES))


@FEW
@given(worlds(), st.sampled_from([0.5, 0.9]))
def test_a_higher_pledge_never_lowers_a_share_or_a_budget(data: dict[str, Any], part: float) -> None:
    """Shut out: the phase, which sets the aim; prices, since all who order more make arms dearer for each."""
    data = {**without_phases(data), "industry": {"price_elasticity": 0}}
    data["nations"]["UKR"] |= {"economy": {"gdp": 200}, "spending": {"share": 0.05}, "industry": {}}
    data["nations"]["UKR"]["industry"] = {"drones": {"capacity": 50, "unit_cost": 2, "order_share": 0.5}}
    with_spending = [code for code, nation in data["nations"].items() if "spending" in nation]
    for code in with_spending:
        data["nations"][code]["spending"] |= {"target_share": 0.2 * part}
    little = run(data)
    for code in with_spending:
        data["nations"][code]["spending"]["target_share"] = 0.2
    much = run(data)
    for name in ("defence_share", "defence_budget", "production"):
        assert_never_less(much[name], little[name], name)


@FEW
@given(worlds(), st.sampled_from(["pace", "compliance"]), st.integers(0, 10))
def test_a_faster_or_fuller_rise_never_lowers_a_share(data: dict[str, Any], cause: str, step: int) -> None:
    """Shut out: the phase; chance and recessions (a faster return also forgets luck faster); aims below the start."""
    data = {**without_phases(data), "noise": False}
    for nation in data["nations"].values():
        nation.pop("economy", None)
        nation["spending"] = {"share": 0.015, "target_share": 0.035}
    data["spending"] = {cause: step / 10}
    little = run(data)
    data["spending"] = {cause: (step + 3) / 13}
    much = run(data)
    assert_never_less(much["defence_share"], little["defence_share"], "defence_share")


@FEW
@given(worlds(), st.sampled_from(["production", "revenue"]))
def test_more_orders_and_more_ground_never_yield_less(data: dict[str, Any], cause: str) -> None:
    """Shut out: the phase, and prices, which rise with orders. Orders come out of the same money."""
    data = {**without_phases(data), "industry": {"price_elasticity": 0}}
    data["nations"]["UKR"] |= {"economy": {"gdp": 200}, "spending": {"share": 0.1}, "resources": {"role": "owner"}}
    data["nations"]["UKR"]["industry"] = {"shells": {"capacity": 1000, "unit_cost": 0.004, "order_share": 0.3}}
    data["nations"]["RUS"]["resources"] = {"role": "occupier"}
    if cause == "production":
        for nation in data["nations"].values():
            if "industry" in nation:
                nation["industry"]["push"] = 0.7
        little = run(data)
        for nation in data["nations"].values():
            if "industry" in nation:
                nation["industry"]["push"] = 1.4
        assert_never_less(run(data)["production"], little["production"], "production")
        return
    data["resources"]["recovered_share"] = 0.2
    little = run(data)
    data["resources"]["recovered_share"] = 0.9
    much = run(data)
    owner = sorted(code for code, nation in data["nations"].items() if "resources" in nation).index("UKR")
    occupier = 1 - owner
    assert_never_less(much["resource_revenue"][:, owner], little["resource_revenue"][:, owner], "the owner's revenue")
    assert_never_less(little["resource_revenue"][:, occupier], much["resource_revenue"][:, occupier], "the occupier's")
    mine = sorted(code for code, nation in data["nations"].items() if "spending" in nation).index("UKR")
    assert_never_less(much["defence_budget"][:, mine], little["defence_budget"][:, mine], "the owner's budget")


@FEW
@given(worlds(), st.sampled_from(["breach_base", "lasting_share", "breaking_share"]), st.booleans())
def test_a_higher_hazard_never_delays_the_first_breach(data: dict[str, Any], cause: str, war: bool) -> None:
    """Until the first breach the two runs are the same, and a test of that is the stronger.

    Shut out: the aversion, by which troops delay a ceasefire in the measure of the breaks that they prevent.
    """
    low, high = {"breach_base": (0.05, 0.3), "lasting_share": (0.1, 0.9), "breaking_share": (0.2, 0.9)}[cause]
    conflict = {"start_phase": "war" if war else "ceasefire", "ceasefire_base": 0.3, "breach_base": 0.2}
    conflict |= {"lasting_share": 0.1, "breaking_share": 0.5, "aversion": 0}
    # Uncertain numbers must keep their places in a Sobol design, so a plain one.
    data |= {"conflict": {**conflict, cause: low}, "sampling": {"design": "plain"}}
    little = run(data, policy_of(data))
    data["conflict"] = {**conflict, cause: high}
    much = run(data, policy_of(data))
    late, early = first(little["breaches"] > 0), first(much["breaches"] > 0)
    assert (early <= late).all()
    before = np.arange(len(little["breaches"]))[:, None] < early
    for name in little:
        if name not in ("breach_hazard", "member_attack_hazard", "member_attacks", "guarantee_in_force"):
            same = little[name] == much[name]
            assert (same | ~(before if same.ndim == 2 else before[:, None])).all(), name
    assert_never_less(
        np.where(before, much["breach_hazard"], 0), np.where(before, little["breach_hazard"], 0), "breach_hazard"
    )


@FEW
@given(worlds())
def test_a_higher_hazard_never_delays_the_first_ceasefire(data: dict[str, Any]) -> None:
    data |= {"conflict": {"ceasefire_base": 0.02}, "sampling": {"design": "plain"}}
    little = run(data, policy_of(data))
    data["conflict"] = {"ceasefire_base": 0.2}
    much = run(data, policy_of(data))
    late, early = first(little["phase"] == 1), first(much["phase"] == 1)
    assert (early <= late).all()
    before = np.arange(len(little["phase"]))[:, None] < early
    for name in little:
        if name != "ceasefire_hazard":
            same = little[name] == much[name]
            assert (same | ~(before if same.ndim == 2 else before[:, None])).all(), name


@FEW
@given(worlds(), st.sampled_from(["europe", "nato-in-ukraine", "nato-membership"]))
def test_a_firmer_promise_never_brings_the_first_breach_forward(data: dict[str, Any], kind: str) -> None:
    """Shut out: the aversion, by which a promise delays the ceasefire itself."""
    name = {"europe": "europe_promise", "nato-in-ukraine": "nato_promise", "nato-membership": "membership_promise"}
    conflict = {"guarantee": kind, "start_phase": "ceasefire", "aversion": 0, "breach_base": 0.3}
    data |= {"conflict": {**conflict, name[kind]: 0.1}, "sampling": {"design": "plain"}}
    weak = run(data)
    data["conflict"] = {**conflict, name[kind]: 0.95}
    firm = run(data)
    assert (first(firm["breaches"] > 0) >= first(weak["breaches"] > 0)).all()
    assert_never_less(firm["guarantee_in_force"][0], weak["guarantee_in_force"][0], "guarantee_in_force")


@st.composite
def coalitions(draw: st.DrawFn) -> dict[str, Any]:
    """Return contributors and a request that they stretch for; hazards at which one draw cannot both join and leave."""
    nations = {
        code: {
            "contingent": {
                "land_force": draw(st.integers(10_000, 200_000)),
                "willingness": dials(draw, (0.0, 0.02), DATES),
                "un_willingness": dials(draw, (0.0, 0.02), DATES),
                "needs_ceasefire": draw(st.sampled_from(["yes", "no"])),
            }
        }
        for code in draw(st.lists(st.sampled_from(["DEU", "EST", "FRA", "POL"]), min_size=1, unique=True))
    }
    common = {"requested": 1e6, "strain_effect": 0, "surge": 1, "mood_volatility": 0.2, "delivery_spread": 0.3}
    common["backstop_loss_hazard"] = common["backstop_regain_hazard"] = draw(st.sampled_from([0.0, 0.1]))
    return {
        "name": "coalition",
        "start": DATES[0],
        "horizon": DATES[-1],
        "nations": nations,
        "conflict": {"hold": draw(st.sampled_from(["war", "ceasefire"]))},
        "contingent": {**common, **some(draw, EFFECTS, [])},
        "sampling": {"design": "plain"},
    }


@FEW
@given(coalitions(), st.sampled_from(["willingness", "readiness", "backstop", "withdrawal"]))
def test_more_will_never_gives_fewer_contributors(data: dict[str, Any], cause: str) -> None:
    """Shut out: strain, stretching (who joins relieves the others before it arrives), sharing out, and the phase.

    And withdrawals of those who are there: who comes sooner meets them sooner.
    """
    if cause in ("willingness", "readiness"):
        data["contingent"]["withdrawal_hazard"] = 0.0
    if cause == "willingness":
        for nation in data["nations"].values():
            nation["contingent"]["willingness"] = 0.005
    little = run(data)
    if cause == "willingness":
        for nation in data["nations"].values():
            nation["contingent"]["willingness"] = 0.02
    elif cause == "readiness":
        data["contingent"]["readiness"] = 1.3
    elif cause == "backstop":
        data["contingent"]["backstop_offered"] = "yes"
    else:
        data["contingent"]["withdrawal_hazard"] = 0.0
    much = run(data)
    nations = len(data["nations"])
    for name in ("pledged", "contingent"):
        assert_never_less(much[name], little[name], name, slack=nations)
    joined = [np.asarray(found["pledged"] > 0) for found in (little, much)]
    assert (joined[1] >= joined[0]).all()


@FEW
@given(coalitions(), st.integers(1, 150_000), st.integers(0, 150_000))
def test_a_larger_request_never_brings_fewer_pledges_or_troops(data: dict[str, Any], asked: int, more: int) -> None:
    """As the page of the process says, but for the rounding to whole persons: one for each nation and month."""
    data["contingent"] |= {"requested": asked, "surge": 1.5}
    little = run(data)
    data["contingent"]["requested"] = asked + more
    much = run(data)
    slack = len(data["nations"]) * len(DATES)
    for name in ("pledged", "contingent"):
        assert_never_less(much[name], little[name], name, slack=slack)
