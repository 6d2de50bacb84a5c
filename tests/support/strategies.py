"""Random input: numbers, scenarios of garrisons, policies, blocks of paths."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from forcesim.quantities import Value
from tests.support.garrison import garrison_data

MONTHS = [f"{year}-{month:02d}" for year in (2025, 2026, 2027) for month in range(1, 13)]


def reals(low: float = -1e6, high: float = 1e6) -> st.SearchStrategy[float]:
    """Finite numbers, none so small that it vanishes beside the others."""
    return st.floats(low, high, allow_nan=False).map(lambda x: 0.0 if abs(x) < 1e-6 else x)


@st.composite
def ordered(draw: st.DrawFn, count: int, low: float = -1e6, high: float = 1e6) -> list[float]:
    """Return numbers in rising order, all different."""
    gap = (high - low) / 1e6
    found = draw(st.lists(st.integers(0, 10**6), min_size=count, max_size=count, unique=True))
    return [low + gap * step for step in sorted(found)]


@st.composite
def distributions(draw: st.DrawFn, low: float = 0.0, high: float = 1e6) -> dict[str, Any]:
    """Return a distribution within bounds, as a file would hold it."""
    a, b, c = draw(ordered(3, low, high))
    span = c - a
    shape = st.floats(0.2, 20)
    forms: list[st.SearchStrategy[dict[str, Any]]] = [
        st.just({"uniform": [a, c]}),
        st.just({"range": [a, c]}),
        st.just({"triangular": [a, b, c]}),
        st.just({"pert": {"low": a, "mode": b, "high": c}}),
        st.builds(lambda p, q: {"beta": {"a": p, "b": q, "low": a, "high": c}}, shape, shape),
        st.just({"normal": {"mean": b, "sd": span, "low": a, "high": c}}),
        st.just({"discrete": {"values": [a, c, b], "weights": [1, 2, 3]}}),
        st.just({"quantiles": {"0.1": a, "0.6": b, "0.9": c, "low": low, "high": high}}),
    ]
    if b > 0:
        forms.insert(0, st.just({"log_range": [b, c]}))
        forms.append(st.just({"lognormal": {"median": b, "sigma": 0.5, "low": low, "high": max(high, 4 * b)}}))
    return draw(st.one_of(forms if high >= 1e6 else [form for form in forms if form is not forms[-1] or b <= 0]))


@st.composite
def numbers(draw: st.DrawFn, low: float = 0.0, high: float = 1e6, *, uncertain: bool = True) -> Any:
    """Return a number within bounds, as a file would hold it: bare, sourced, uncertain or dated."""
    plain = reals(low, high)
    forms: list[st.SearchStrategy[Any]] = [
        plain,
        st.fixed_dictionaries(
            {"value": plain}, optional={"source": st.just("FG001"), "assumption": st.text(max_size=20)}
        ),
        st.builds(
            lambda dated, way: {"schedule": dated, "interpolate": way},
            st.dictionaries(st.sampled_from(MONTHS[:13]), plain, min_size=1, max_size=4),
            st.sampled_from(["step", "linear"]),
        ),
    ]
    if uncertain:
        forms.append(distributions(low, high))
    return draw(st.one_of(forms))


def values() -> st.SearchStrategy[Value]:
    """Return validated numbers."""
    return numbers().map(Value.model_validate)


@st.composite
def settings(draw: st.DrawFn, nations: list[str]) -> dict[str, Any]:
    """Return a setting of a garrison's strength that keeps it in its range."""
    who = draw(st.sampled_from(["*", "@west", *nations]))
    way = draw(
        st.one_of(
            st.fixed_dictionaries(
                {"set": numbers(uncertain=True).filter(lambda x: not (isinstance(x, dict) and "schedule" in x))}
            ),
            st.fixed_dictionaries({"add": reals(0, 1e6)}),
            st.fixed_dictionaries({"scale": st.floats(0, 5)}),
            st.fixed_dictionaries({"ramp": reals(0, 1e6), "over": st.integers(1, 30)}),
            st.fixed_dictionaries({"at_least": reals(0, 1e6)}),
        )
    )
    first, last = sorted(draw(st.tuples(st.integers(0, 12), st.integers(0, 12))))
    dates = {"from": MONTHS[first], "until": MONTHS[last]}
    chosen = draw(st.sets(st.sampled_from(["from", "until"])))
    return {"lever": f"nations.{who}.garrison.strength", **way, **{key: dates[key] for key in sorted(chosen)}}


@st.composite
def policies(draw: st.DrawFn, nations: list[str], west: list[str]) -> dict[str, Any]:
    """Return a policy, as a file would hold it; each of its settings acts in some month."""
    drawn = draw(
        st.lists(settings(nations), min_size=1, max_size=4, unique_by=lambda s: (s["lever"], s.get("from", MONTHS[0])))
    )
    chosen = [one for one, felt in zip(drawn, which_act(drawn, nations, west), strict=True) if felt]
    return {"title": draw(st.text(max_size=20)), "settings": chosen, "baseline": not chosen}


def which_act(given: list[dict[str, Any]], nations: list[str], west: list[str]) -> list[bool]:
    """Return which settings change some nation's number in some month."""
    months, felt = len(MONTHS[:13]), [False] * len(given)
    reach = {"*": nations, "@west": west}
    first = [MONTHS.index(one.get("from", MONTHS[0])) for one in given]
    who = [one["lever"].split(".")[1] for one in given]
    order = sorted(range(len(given)), key=lambda k: (first[k], ["*", "@west"].index(who[k]) if who[k] in reach else 2))
    for nation in nations:
        on = [set[int]() for _ in range(months)]
        for k in order:
            if nation not in reach.get(who[k], [who[k]]):
                continue
            begun = set(on[first[k]])
            for month in range(first[k], MONTHS.index(given[k].get("until", MONTHS[12])) + 1):
                if "ramp" in given[k]:
                    done = (month - first[k]) / given[k]["over"]
                    on[month] = (begun if done < 1 else set()) | ({k} if done > 0 else set())
                else:
                    on[month] = {k} | (set() if "set" in given[k] or given[k].get("scale") == 0 else on[month])
        for k in set().union(*on):
            felt[k] = True
    return felt


@st.composite
def scenarios(draw: st.DrawFn) -> dict[str, Any]:
    """Return a scenario of garrisons, as a file would hold it."""
    nations = draw(st.lists(st.sampled_from(["DEU", "EST", "FRA", "POL", "UKR"]), min_size=2, max_size=5, unique=True))
    section = st.fixed_dictionaries(
        {"strength": numbers()},
        optional={
            "share": numbers(0.0, 1.0),
            "stance": st.sampled_from(["out", "pledged", "deployed"]),
            "schools": st.lists(st.fixed_dictionaries({"seats": numbers()}), max_size=3),
        },
    )
    west = draw(st.lists(st.sampled_from(nations), min_size=1, unique=True))
    return garrison_data(
        groups={"west": west},
        nations={nation: {"garrison": draw(section)} for nation in nations},
        policies={f"p{number}": draw(policies(nations, west)) for number in range(draw(st.integers(0, 3)))},
        sampling={"design": draw(st.sampled_from(["plain", "latin-hypercube", "sobol"]))},
        garrison=draw(st.fixed_dictionaries({}, optional={"dwell": numbers(), "ratio": numbers()})),
    )


@st.composite
def blocks(draw: st.DrawFn, paths: int) -> list[tuple[int, int]]:
    """Return consecutive blocks (first, count) that make up so many paths."""
    cuts = sorted(draw(st.sets(st.integers(1, paths - 1), max_size=6))) if paths > 1 else []
    edges = [0, *cuts, paths]
    return [(first, last - first) for first, last in pairwise(edges)]
