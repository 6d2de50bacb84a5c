"""Whole scenarios at random: two to five nations, any of the eight processes, short horizons.

A world is plain data, as a file would hold it, and admissible: :func:`scenario_of` reads it by the public way in.
Numbers are bare, sourced, uncertain or dated. Ranges are wide enough to meet bounds (empty pools, full schools, armies
at their ceiling, money that runs out) and narrow enough that something happens.
"""

from __future__ import annotations

import json
from typing import Any

import yaml
from hypothesis import strategies as st

import forcesim as fs

ALLIES = ("DEU", "EST", "FRA", "POL", "USA")
STARTS = tuple(f"2025-{month:02d}" for month in (1, 2, 6, 11, 12))
Bounds = tuple[float, float]
Table = dict[str, Bounds]

ARMY: Table = {
    "absent": (0, 5e4),
    "pool": (0, 2e6),
    "pool_entries": (0, 2e4),
    "volunteers": (0, 2e4),
    "mobilisation": (0, 3e4),
    "intake_volatility": (0, 0.5),
    "intake_months": (0.5, 12),
    "ceiling": (1e5, 2e6),
    "peace_ceiling": (1e4, 2e6),
    "demobilisation_share": (0, 1),
    "casualty_rate": (0, 0.1),
    "intensity_volatility": (0, 0.5),
    "intensity_shared": (0, 1),
    "quiet_share": (0, 1),
    "theatre_share": (0, 1),
    "peace_theatre_share": (0, 1),
    "pool_exit_rate": (0, 0.05),
    "net_return": (-0.5, 0.5),
    "term_share": (0, 1),
    "contract_share": (0, 1),
    "release_rate": (0, 0.1),
    "field_instructors": (0, 1),
    "founders": (0, 500),
    "killed_share": (0, 1),
    "recovery_months": (0.5, 12),
    "return_share": (0, 1),
    "awol_rate": (0, 0.1),
    "awol_return_rate": (0, 0.2),
    "discharge_rate": (0, 0.05),
    "absorption_share": (0, 1),
    "instructor_share": (0, 0.1),
    "students_per_instructor": (0, 12),
    "soldier_cost": (1e4, 8e4),
}
SCHOOL: Table = {"pass_share": (0, 1), "stages": (1, 6), "early_share": (0, 1)}
ECONOMY: Table = {
    "trend": (-0.05, 0.08),
    "loading": (0, 2),
    "own_volatility": (0, 0.1),
    "own_persistence": (-0.5, 0.9),
    "war_gap": (0, 0.4),
    "war_drag": (0, 0.1),
    "recovery_months": (1, 200),
}
ECONOMY_COMMON: Table = {
    "shared_volatility": (0, 0.1),
    "shared_persistence": (-0.5, 0.9),
    "recession_probability": (0, 1),
    "recession_least": (0, 0.2),
    "slump_probability": (0, 0.5),
}
SPENDING: Table = {
    "target_share": (0, 0.4),
    "floor": (0, 0.3),
    "ramp": (1, 12),
    "war_share": (0, 0.4),
    "speed": (0, 2),
    "volatility": (0, 0.3),
    "resilience": (0, 0.02),
    "resilience_target": (0, 0.03),
    "personnel_share": (0, 0.5),
    "equipment_share": (0, 0.3),
    "external_share": (0, 1),
    "external_support": (0, 1.5),
}
SPENDING_COMMON: Table = {
    "compliance": (0, 1),
    "debt_effect": (-0.01, 0.01),
    "debt_reference": (0, 2),
    "debt_brake": (0, 2),
    "pace": (0, 3),
    "stress": (0, 2),
    "election_probability": (0, 1),
    "election_ratio": (0.5, 4),
}
AID: Table = {"military": (0, 20), "pays": (0, 0.1)}
AID_COMMON: Table = {
    "after_ceasefire": (0, 2),
    "volatility": (0, 1),
    "shared": (0, 1),
    "memory": (0.5, 10),
    "external_soldiers": (0, 30),
}
LINE: Table = {
    "capacity": (0, 1e5),
    "unit_cost": (0.001, 10),
    "order_share": (0, 0.25),
    "lead_months": (0, 40),
    "depreciation": (0, 0.2),
    "refurbished_share": (0, 1),
    "hulls": (0, 1e4),
}
INDUSTRY: Table = {
    "push": (0, 3),
    "lead_factor": (0.2, 2),
    "aid_offer": (0, 1),
    "equipment": (0, 200),
    "wear_rate": (0, 0.1),
    "war_loss_rate": (0, 0.2),
    "ammunition": (0, 20),
    "fires_needed": (0, 3),
    "other_share": (0, 1),
}
INDUSTRY_COMMON: Table = {
    "utilisation": (0, 1),
    "output_volatility": (0, 0.5),
    "aid_bought_at_home": (0, 1),
    "aid_in_kind": (0, 1),
    "aid_patience": (1, 40),
    "price_elasticity": (0, 1),
    "other_months": (1, 60),
    "hull_months": (1, 60),
    "need_growth": (-0.2, 0.5),
    "store_months": (1, 60),
}
CONFLICT: Table = {
    "ceasefire_base": (0, 0.5),
    "ceasefire_elasticity": (0, 2),
    "aversion": (0, 2),
    "breach_base": (0, 0.5),
    "breaking_share": (0, 1),
    "lasting_share": (0, 1),
    "success_slope": (0, 2),
    "needed_ratio": (0.1, 2),
    "reference_ratio": (0.1, 2),
    "europe_promise": (0, 1),
    "membership_promise": (0, 1),
    "backstop_reliance": (0, 1),
    "honoured_ratio": (0, 1),
    "presence_ratio": (0.1, 1),
    "presence_odds": (0.1, 1),
    "presence_reading": (0, 1),
    "un_presence": (0, 1),
    "troops_that_count": (0, 1e5),
    "ratification_months": (0, 12),
    "ratified": (0, 1),
    "trust_months": (1, 60),
    "delivery_trust": (0, 2),
    "troop_trust": (0, 1),
    "incident_trust": (0, 1),
    "breach_trust": (0, 3),
    "incident_base": (0, 1),
    "local_share": (0, 1),
    "local_end": (0, 1),
    "escalation": (0, 1),
    "local_activity": (0, 1),
    "member_attack_base": (0, 0.1),
    "member_attack_at_war": (0, 1),
}
CONTINGENT: Table = {"willingness": (0, 1), "un_willingness": (0, 1), "limit": (0, 5e4), "deployed": (0, 2e4)}
CONTINGENT_COMMON: Table = {
    "requested": (0, 1.5e5),
    "backstop_loss_hazard": (0, 0.5),
    "backstop_regain_hazard": (0, 0.5),
    "readiness": (0, 3),
    "backstop_effect": (0, 2),
    "peers_effect": (0, 2),
    "ceasefire_effect": (0, 2),
    "withdrawal_hazard": (0, 0.2),
    "withdrawal_backstop": (0, 2),
    "cascade": (0, 2),
    "withdrawal_war": (0, 2),
    "strain_effect": (0, 4),
    "recession_effect": (0, 20),
    "mood_volatility": (0, 1),
    "mood_persistence": (0, 1),
    "preparation_months": (0, 6),
    "ramp_months": (0, 12),
    "exit_months": (0, 12),
    "deployable_share": (0, 0.5),
    "rotation_ratio": (1, 6),
    "surge": (1, 2),
    "delivery_median": (0, 1),
    "delivery_spread": (0, 1),
}
BALANCE_COMMON: Table = {
    "equipment_elasticity": (0, 1),
    "training_elasticity": (0, 1),
    "reference_trained": (0.1, 1),
    "least_quality": (0.05, 0.9),
    "most_quality": (1, 3),
    "contingent_quality": (0, 3),
    "within_30": (0, 1),
    "within_90": (0, 1),
    "first_month_weight": (0, 1),
}
RESOURCES_COMMON: Table = {
    "strike_probability": (0, 1),
    "strike_depth": (0, 1),
    "repair_months": (0, 12),
    "advance_rate": (0, 0.05),
    "recovered_share": (0, 1),
    "occupier_output": (0, 1),
    "shield": (0, 1),
    "hold": (0, 1),
}
FIELD: Table = {
    "volatility": (0, 0.6),
    "reversion": (0.1, 3),
    "market_share": (-1, 1),
    "war_output": (0, 1),
    "start_output": (0, 1),
    "restore_months": (0, 60),
    "vulnerability": (0, 1),
}
LEVERS: dict[str, Bounds] = {
    "nations.UKR.army.volunteers": (0, 5e4),
    "nations.*.army.mobilisation": (0, 5e4),
    "nations.UKR.army.ceiling": (0, 2e6),
    "nations.*.army.absorption_share": (0, 1),
    "nations.@all.spending.target_share": (0, 0.5),
    "nations.@all.spending.floor": (0, 0.5),
    "aid.after_ceasefire": (0, 2),
    "spending.compliance": (0, 1),
    "nations.*.industry.push": (0, 3),
    "nations.*.industry.aid_offer": (0, 1),
    "contingent.requested": (0, 2e5),
    "contingent.readiness": (0, 3),
    "nations.*.contingent.willingness": (0, 1),
    "resources.recovered_share": (0, 1),
}
WORDS: dict[str, tuple[str, ...]] = {
    "conflict.hold": ("war", "ceasefire"),
    "balance.fights": ("yes",),
    "conflict.guarantee": ("europe", "nato-in-ukraine", "nato-membership", "un-peacekeepers"),
    "contingent.backstop_offered": ("yes",),
    "contingent.mandate": ("un",),
}


def months_from(start: str, count: int) -> list[str]:
    """Return so many months from a start, as a file writes them."""
    first = 12 * int(start[:4]) + int(start[5:]) - 1
    return [f"{month // 12}-{month % 12 + 1:02d}" for month in range(first, first + count)]


KIND, STEP, WHEN = st.integers(0, 10), st.integers(0, 1000), st.integers(0, 2**16)
"""Made once: a strategy costs more to make than to draw from."""


def dials(draw: st.DrawFn, bounds: Bounds, dates: list[str]) -> Any:
    """Return a number within bounds: bare, sourced, uncertain, or dated where there are dates.

    One kind in eleven comes and goes: a schedule that returns to exactly the lower bound, where it began. One is
    uncertain and at exactly the lower bound on many paths.
    """
    low, high = float(bounds[0]), float(bounds[1])
    kind, first = draw(KIND), draw(STEP)

    def at(step: float) -> float:
        return low + (high - low) * step / 1000

    if kind < 3 or (kind in (8, 9) and not dates):
        return at(first)
    if kind == 3:
        return {"value": at(first), "assumption": "drawn"}
    second = draw(STEP)
    if kind == 9:
        comes = 1 + draw(WHEN) % (len(dates) - 2)
        goes = min(comes + 1 + draw(KIND) % 3, len(dates) - 1)
        return {"schedule": {dates[0]: low, dates[comes]: at(second), dates[goes]: low}}
    if kind == 10:
        return {"discrete": {"values": [low, at(0.999 * second + 1)], "weights": [1, 1 + draw(KIND) % 3]}}
    if kind == 8:
        schedule = {dates[0]: at(first), dates[1 + draw(WHEN) % (len(dates) - 1)]: at(second)}
        return {"schedule": schedule, "interpolate": ("step", "linear")[draw(KIND) % 2]}
    a, b, c = (at(step) for step in sorted((0.999 * first, 0.999 * second + 0.3, 500.6)))  # never two alike
    forms: list[Any] = [
        {"uniform": [a, c]},
        {"triangular": {"low": a, "mode": b, "high": c}},
        {"discrete": {"values": [a, c, b], "weights": [1, 2, 3]}},
        {"quantiles": {"0.1": a, "0.6": b, "0.9": c, "low": low, "high": high}},
    ]
    return forms[kind - 4]


def some(draw: st.DrawFn, table: Table, dates: list[str], most: int = 6) -> dict[str, Any]:
    """Return a few numbers of a table; the rest keep their defaults."""
    names = sorted(table)
    chosen = {names[draw(WHEN) % len(names)] for _ in range(draw(KIND) % (most + 1))}
    return {name: dials(draw, table[name], dates) for name in sorted(chosen)}


@st.composite
def armies(draw: st.DrawFn, dates: list[str]) -> dict[str, Any]:
    """Return an army that fights, recruits and trains; those in school and wounded are fewer than it has."""
    least = draw(st.sampled_from([1e3, 5e4, 4e5, 8e5]))
    schools = [
        {
            "seats": dials(draw, (0, 1e5), dates),
            "months": draw(st.sampled_from([0.5, 1, 2, 3.5, 6])),
            "duration": draw(st.sampled_from(["fixed", "erlang"])),
            "leads_to": draw(st.sampled_from(["next", "next", "units"])),
            **some(draw, SCHOOL, []),
        }
        for _ in range(draw(st.integers(0, 3)))
    ]
    return {
        "strength": dials(draw, (least, 1.1 * least), []),
        "trainees": dials(draw, (0, 0.3 * least), []),
        "wounded": dials(draw, (0, 0.3 * least), []),
        "casualty_rate": dials(draw, (0, 0.1), dates),
        "volunteers": dials(draw, (0, 2e4), dates),
        "return_basis": draw(st.sampled_from(["share", "balance"])),
        **some(draw, ARMY, dates, 8),
        **({"schools": schools} if schools else {}),
    }


@st.composite
def treasuries(draw: st.DrawFn, dates: list[str], *, at_war: bool) -> dict[str, Any]:
    """Return the sections of a nation's economy, spending, aid and industry; any of them may be missing."""
    found: dict[str, Any] = {}
    if draw(st.integers(0, 3)) < 3:
        found["economy"] = {"gdp": dials(draw, (10, 5000), []), **some(draw, ECONOMY, dates)}
    if draw(st.integers(0, 3)) < 3:
        share = dials(draw, (0.001, 0.3), [])
        found["spending"] = {"share": share, **some(draw, SPENDING, dates)}
    if draw(st.integers(0, 3)) < 3:
        receives = {"receives": dials(draw, (0, 0.5), dates)} if at_war else {}
        found["aid"] = {**receives, **some(draw, AID, dates)}
    if draw(st.integers(0, 3)) < 3:
        lines = draw(st.sets(st.sampled_from(["shells", "armour", "drones", "air_defence"])))
        found["industry"] = {line: some(draw, LINE, dates) for line in sorted(lines)}
        found["industry"] |= {"equipment": dials(draw, (0, 200), []), **some(draw, INDUSTRY, dates)}
    return found


@st.composite
def fields(draw: st.DrawFn, dates: list[str]) -> list[dict[str, Any]]:
    """Return up to three fields of output."""
    return [
        {
            "kind": f"field {place}",
            "price": dials(draw, (1, 1000), []),
            "start_price": dials(draw, (1, 1000), []),
            "output": dials(draw, (0, 1e5), []),
            "occupied_share": dials(draw, (0, 1), dates),
            **some(draw, FIELD, dates, 4),
        }
        for place in range(draw(st.integers(1, 3)))
    ]


@st.composite
def worlds(draw: st.DrawFn, *, noise: bool = True, allies: tuple[str, ...] | None = None) -> dict[str, Any]:
    """Return a world as plain data."""
    start, count = draw(st.sampled_from(STARTS)), draw(st.integers(7, 18))
    dates = months_from(start, count)
    others = draw(st.lists(st.sampled_from(ALLIES), max_size=3, unique=True)) if allies is None else list(allies)
    at_war = draw(st.integers(0, 4)) < 4
    nations: dict[str, Any] = {}
    for code, side, role in (("UKR", "defender", "owner"), ("RUS", "aggressor", "occupier")):
        nation = draw(treasuries(dates, at_war=True))
        if at_war:
            nation["army"], nation["balance"] = draw(armies(dates)), {"side": side}
        if draw(st.booleans()):
            nation["resources"] = {"role": role, "defence_share_of_revenue": dials(draw, (0, 1), dates)}
        nations[code] = nation
    for code in others:
        nation = draw(treasuries(dates, at_war=False))
        if draw(st.integers(0, 3)) < 3:
            nation["contingent"] = {"land_force": dials(draw, (100, 3e5), []), **some(draw, CONTINGENT, dates)}
            nation["contingent"]["needs_ceasefire"] = draw(st.sampled_from(["yes", "no"]))
        if draw(st.integers(0, 3)) == 3:
            nation["army"] = draw(armies(dates))
        nations[code] = nation
    if not any(nations.values()):
        nations["UKR"]["economy"] = {"gdp": 200.0}
    codes = draw(st.permutations(sorted(nations)))
    data: dict[str, Any] = {
        "name": "world",
        "start": start,
        "horizon": dates[-1],
        "noise": noise,
        "sampling": {"design": draw(st.sampled_from(["plain", "plain", "latin-hypercube", "sobol"]))},
        "groups": {"all": sorted(nations)},
        "nations": {code: nations[code] for code in codes},
        "economy": some(draw, ECONOMY_COMMON, dates),
        "spending": some(draw, SPENDING_COMMON, dates),
        "aid": some(draw, AID_COMMON, dates),
        "industry": some(draw, INDUSTRY_COMMON, dates),
        "balance": some(draw, BALANCE_COMMON, dates),
        "contingent": {"requested": dials(draw, (0, 1.5e5), dates), **some(draw, CONTINGENT_COMMON, dates, 8)},
        "resources": {"fields": draw(fields(dates)), **some(draw, RESOURCES_COMMON, dates)},
    }
    if draw(st.integers(0, 4)) < 4:
        start_phase = draw(st.sampled_from(["war", "ceasefire"]))
        data["conflict"] = {"start_phase": start_phase, **some(draw, CONFLICT, dates, 12)}
    data["policies"] = draw(policies(data, dates))
    return data


@st.composite
def policies(draw: st.DrawFn, data: dict[str, Any], dates: list[str]) -> dict[str, Any]:
    """Return the status quo, and a policy of levers that the world has, if it has any."""
    bare = fs.Scenario.of(data)
    have = set(bare.levers())
    numbers = [name for name in LEVERS if _reaches(name, have)]
    words = [name for name in WORDS if name in have]
    found: dict[str, Any] = {"status-quo": {"title": "Status quo", "baseline": True}}
    if numbers or words:
        settings = []
        for lever in draw(st.lists(st.sampled_from(numbers + words), min_size=1, max_size=4, unique=True)):
            when = {"from": draw(st.sampled_from(dates[1:-1]))}  # a ramp from the last month never acts
            if lever in WORDS:
                settings.append({"lever": lever, "set": draw(st.sampled_from(WORDS[lever])), **when})
                continue
            low, high = LEVERS[lever]
            aim = low + (high - low) * draw(st.integers(0, 100)) / 100
            ways = [{"set": aim}, {"ramp": aim, "over": 3}, {"set": aim, "until": dates[-1]}, {"at_least": aim}]
            way = draw(st.sampled_from(ways))
            settings.append({"lever": lever, **way, **when})
        # A policy that changes nothing is refused when it is applied; as a baseline it may.
        found["other"] = {"title": "Another course", "baseline": True, "settings": settings}
    return found


def _reaches(lever: str, have: set[str]) -> bool:
    head, _, tail = lever.partition(".*.") if ".*." in lever else lever.partition(".@all.")
    return lever in have if not tail else any(n.startswith(f"{head}.") and n.endswith(f".{tail}") for n in have)


def scenario_of(data: dict[str, Any]) -> fs.Scenario:
    """Read a world by the public way in."""
    return fs.Scenario.of(data)


def policy_of(data: dict[str, Any]) -> str:
    """Return the name of the course that differs most from none."""
    return "other" if "other" in data["policies"] else "status-quo"


def written(data: dict[str, Any], suffix: str) -> str:
    """Return a world as the text of a file."""
    return json.dumps(data) if suffix == ".json" else yaml.safe_dump(data, sort_keys=False)


CHANGING = {"start_phase": "war", "ceasefire_base": 0.08, "breach_base": 0.1}
HALF = {"discrete": {"values": [0, 1], "weights": [1, 1]}}
COMES_AND_GOES: dict[str, dict[str, Any]] = {
    "a war drag that returns to 0": {
        "conflict": CHANGING,
        "nations": {
            "POL": {"economy": {"gdp": 800, "war_drag": {"schedule": {"2025-01": 0, "2025-07": 0.2, "2026-01": 0}}}},
            "EST": {"economy": {"gdp": 40}},
        },
    },
    "a war drag that is made good": {
        "conflict": {**CHANGING, "ceasefire_base": 0.002},
        "nations": {
            "POL": {
                "economy": {
                    "gdp": 800,
                    "war_drag": {"schedule": {"2025-01": 0, "2025-05": 0.12, "2025-06": -0.12, "2025-07": 0}},
                }
            }
        },
    },
    "a budget of 0 on many paths": {
        "nations": {
            "POL": {
                "economy": {"gdp": 800},
                "spending": {
                    "share": 0.04,
                    "external_share": 1,
                    "external_support": HALF,
                    "personnel_share": {"schedule": {"2025-01": 0.6, "2025-07": 0.2, "2025-10": 0.6}},
                },
            },
            "EST": {"economy": {"gdp": 40}, "spending": {"share": 0.03}},
        },
    },
    "a force that is asked for and no more": {
        "conflict": {**CHANGING, "ceasefire_base": 0.3},
        "contingent": {
            "requested": {"schedule": {"2025-01": 0, "2025-04": 50_000, "2025-06": 0, "2025-11": 50_000}},
            "preparation_months": 1,
            "ramp_months": 2,
            "exit_months": 1,
            "withdrawal_hazard": 0.5,
        },
        "nations": {
            "FRA": {"economy": {"gdp": 3000}, "contingent": {"land_force": 100_000, "willingness": 0.0005}},
            "EST": {"economy": {"gdp": 40}, "contingent": {"land_force": 4_000, "willingness": 0}},
        },
    },
    "an army that stops and begins again": {
        "conflict": CHANGING,
        "nations": {
            "UKR": {
                "army": {
                    "strength": 10_000,
                    "volunteers": {"schedule": {"2025-01": 0, "2025-03": 400, "2025-06": 0}},
                    "casualty_rate": {"discrete": {"values": [0, 0.05], "weights": [1, 1]}},
                    "schools": [
                        {"seats": 500, "months": {"schedule": {"2025-01": 4, "2025-05": 1}}, "duration": "erlang"}
                    ],
                },
                "balance": {"side": "defender"},
            }
        },
    },
}
"""Worlds in which something is exactly 0 on some paths, or again, while it is not on others."""


def comes_and_goes(name: str) -> dict[str, Any]:
    """Return one of these worlds as plain data."""
    return {"name": "world", "start": "2025-01", "horizon": "2026-12", **COMES_AND_GOES[name]}
