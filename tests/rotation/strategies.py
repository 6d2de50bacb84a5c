"""Random small forces, policies and demands, as a file would hold them; and studies that many tests use."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

NATIONS = ("FRA", "GBR", "POL")
TYPES = ("light", "heavy")
COMPONENTS = ("active", "reserve")


def study(**changes: Any) -> dict[str, Any]:
    """Return one slot and the five units that it takes at six months in thirty, with changes."""
    policy = {"cycle": 900, "available_from": 720, "tour": 180, **changes.pop("policy", {})}
    unit = {
        "name": "brigade",
        "type": "brigade",
        "count": 5,
        "policy": "rule",
        "start": "staggered",
        **changes.pop("unit", {}),
    }
    demand = {"name": "mission", "type": "brigade", "quantity": 1, **changes.pop("demand", {})}
    return {"days": 3600, "policies": {"rule": policy}, "units": [unit], "demands": [demand], **changes}


def durations(least: int, most: int) -> st.SearchStrategy[Any]:
    """Days, fixed or random."""
    fixed = st.integers(least, most)
    middle = (least + most) / 2
    return fixed | st.just({"uniform": [least, most + 1]}) | st.just({"triangular": [least, middle, most + 1]})


@st.composite
def policies(draw: st.DrawFn) -> dict[str, Any]:
    """A policy that some unit can follow."""
    tour = draw(st.integers(7, 60))
    rule: dict[str, Any] = {
        "tour": {"guidance": tour, "tolerance": draw(st.integers(0, 20)), "penalty": 2.0},
        "overlap": draw(st.integers(0, min(4, tour - 1))),
        "available_from": draw(durations(0, 60)),
        "recovery": draw(durations(0, 15)),
        "minimum_dwell": {"guidance": draw(st.integers(0, 80)), "tolerance": draw(st.integers(0, 40)), "penalty": 3.0},
        "mobilisation": draw(st.integers(0, 10)),
        "preparation": draw(durations(0, 10)),
    }
    ending = draw(st.sampled_from(("none", "cycle", "until", "window")))
    if ending == "cycle":
        rule["cycle"] = draw(st.integers(100, 160))
    elif ending == "until":
        rule |= {"available_until": draw(st.integers(70, 90)), "cycle": draw(st.integers(95, 140))}
    elif ending == "window":
        rule["window"] = draw(durations(3, 50))
    rule["counts_preparation"] = draw(st.booleans()) if tour > 25 else False
    return rule


@st.composite
def groups(draw: st.DrawFn, number: int, phases: tuple[str, ...]) -> dict[str, Any]:
    """A group of units."""
    count = draw(st.integers(0, 6))
    starts = ["stationary", "rested", "staggered", "uniform", [7 * place for place in range(count)]]
    names = st.sampled_from(("one", "two"))
    by_phase = st.fixed_dictionaries({**dict.fromkeys(phases[:1], names), "other": names})
    group: dict[str, Any] = {
        "name": f"group {number}",
        "type": draw(st.sampled_from(TYPES)),
        "nation": draw(st.sampled_from(NATIONS)),
        "component": draw(st.sampled_from(COMPONENTS)),
        "count": count,
        "size": draw(st.integers(0, 900)),
        "policy": draw(names | by_phase),
        "start": draw(st.sampled_from(starts)),
        "joins": draw(st.sampled_from((0, 0, 40))),
    }
    if draw(st.integers(0, 3)) == 0:
        begins = draw(st.sampled_from(({"on": 50}, {"need": True}, {"phase": phases[-1]})))
        group["activation"] = {**begins, "ready_after": draw(st.integers(0, 60)), "per_year": draw(st.floats(2, 40))}
    return group


@st.composite
def demands(draw: st.DrawFn, number: int, phases: tuple[str, ...]) -> dict[str, Any]:
    """A demand of one of the kinds."""
    demand: dict[str, Any] = {
        "name": f"demand {number}",
        "type": draw(st.sampled_from(TYPES)),
        "quantity": draw(st.integers(1, 4)),
        "priority": draw(st.integers(1, 3)),
    }
    kind = draw(st.sampled_from(("once", "random", "phase")))
    if kind == "once":
        demand |= {"start": draw(st.integers(0, 190)), "duration": draw(durations(1, 300))}
    elif kind == "random":
        demand |= {"rate_per_year": draw(st.floats(0.5, 4)), "duration": {"exponential": [draw(st.floats(5, 60))]}}
        demand["begun"] = draw(st.booleans())
        demand["overlapping"] = draw(st.booleans())
    else:
        demand["phases"] = [draw(st.sampled_from(phases))]
    if draw(st.integers(0, 3)) == 0:
        demand |= {"package": True, "lost": draw(st.booleans())}
    elif kind != "phase":
        demand["notice"] = draw(st.sampled_from((0, 0, 30)))
    return demand


PHASES: tuple[tuple[tuple[str, ...], dict[str, Any] | None], ...] = (
    (("all",), None),
    (("peace", "surge"), {"dated": {0: "peace", 100: "surge", 260: "peace"}}),
    (
        ("peace", "war"),
        {
            "chain": {
                "start": "peace",
                "states": {
                    "peace": {"days": {"exponential": 90}, "then": {"war": 1}},
                    "war": {"days": {"erlang": [40, 2]}, "then": {"peace": 1}},
                },
            }
        },
    ),
)


@st.composite
def studies(draw: st.DrawFn) -> dict[str, Any]:
    """A small study of everything at once."""
    phases, given_phases = draw(st.sampled_from(PHASES))
    units = [draw(groups(number, phases)) for number in range(draw(st.integers(1, 4)))]
    units += [
        {"name": f"base {kind}", "type": kind, "count": 2, "policy": "one", "nation": NATIONS[0]} for kind in TYPES
    ]
    wanted = [draw(demands(number, phases)) for number in range(draw(st.integers(1, 4)))]
    found: dict[str, Any] = {
        "days": draw(st.integers(300, 500)),
        "policies": {"one": draw(policies()), "two": draw(policies())},
        "units": units,
        "demands": wanted,
        "sourcing": {
            "order": draw(st.permutations(("soonest", "effectiveness", "component", "rested", "advanced", "fewest"))),
            "break_first": draw(st.sampled_from(("dwell", "tour"))),
        },
    }
    if given_phases is not None:
        found["phases"] = given_phases
    if draw(st.booleans()):
        found["substitutes"] = [{"demanded": "heavy", "by": "light", "effectiveness": 0.5}]
    if draw(st.booleans()):
        caveat = {"nation": NATIONS[0], "demand": "demand 0", "notice": draw(st.integers(0, 20))}
        ways = ({"most": 1}, {"withdraws_on": 90}, {"withdraws_per_year": 4.0, "returns_after": 30})
        found["caveats"] = [caveat | draw(st.sampled_from((*ways, {"not_in": [phases[-1]]})))]
    if draw(st.booleans()):
        found["people"] = {
            "fill": 0.9, "not_deployable": 0.1, "turnover_per_year": 0.5, "minimum_dwell": {"guidance": 60, "tolerance": 30},
        }  # fmt: skip
    # rules of time that two crises that may not overlap cannot keep are another test's business
    for demand in wanted:
        if demand.get("overlapping") is False and demand["rate_per_year"] / 365.25 * 62 >= 1:
            demand["overlapping"] = True
    return found
