"""Questions: sums over nations and months, conditions, and the language held against plain loops over paths."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import forcesim as fs
from forcesim.errors import ExpressionError, ResultError
from forcesim.expression import Term, Vocabulary, parse
from forcesim.question import Question
from forcesim.timeline import Timeline
from tests.support.toys import toy_scenario

MONTHS = Timeline("2025-01", "2025-08")
NATIONS = {"budget": ("DEU", "POL", "UKR"), "gdp": ("DEU", "POL", "UKR", "USA"), "stance": ("DEU", "POL")}
TERMS = {
    "gap": Term(),
    "phase": Term((), ("war", "ceasefire")),
    "budget": Term(NATIONS["budget"]),
    "gdp": Term(NATIONS["gdp"]),
    "stance": Term(NATIONS["stance"], ("out", "in")),
}
WORDS = Vocabulary(TERMS, {"nato": ["USA", "POL", "DEU"], "allies": ["UKR"]}, MONTHS)
PATHS = 7


def numbers(seed: int) -> dict[tuple[str, str | None], np.ndarray[Any, Any]]:
    """Return whole numbers for every outcome, so that sums are exact in any order."""
    random, shape = np.random.default_rng(seed), (MONTHS.months, PATHS)
    keys: list[tuple[str, str | None]] = [
        (name, nation) for name, term in TERMS.items() for nation in term.nations or (None,)
    ]
    high = {"phase": 2, "stance": 2}
    return {key: random.integers(-4 if key[0] not in high else 0, high.get(key[0], 5), shape) * 1.0 for key in keys}


SELECTIONS = {"": None, "[@nato]": {"USA", "POL", "DEU"}, "[UKR, DEU]": {"UKR", "DEU"}}


@st.composite
def formulas(draw: st.DrawFn, depth: int = 3) -> tuple[str, Any]:
    """Return a number in words, and a plain function of (values, month, path, nation) beside it."""
    kinds = (
        ["series", "number", "sum"] if depth == 0 else ["series", "number", "sum", "binary", "call", "minus", "total"]
    )
    kind = draw(st.sampled_from(kinds))
    below = formulas(depth=depth - 1) if depth else st.nothing()
    match kind:
        case "number":
            number = draw(st.integers(0, 9))
            return str(number), lambda _v, _m, _p, _n: float(number)
        case "series":
            return draw(st.sampled_from(series(each=False)))
        case "sum":
            return draw(sums())
        case "minus":
            text, plain = draw(below)
            return f"-({text})", lambda v, m, p, n: -plain(v, m, p, n)
        case "call":
            (a, one), (b, other) = draw(below), draw(below)
            name, work = draw(st.sampled_from([("min", min), ("max", max)]))
            return f"{name}({a}, {b})", lambda v, m, p, n: work(one(v, m, p, n), other(v, m, p, n))
        case "total":
            text, plain = draw(below)
            since = draw(st.integers(0, 7))
            if not any(letter.isalpha() for letter in text):
                return text, plain
            said = f"total({text}, since='{MONTHS.label(since)}')" if since else f"total({text})"
            return said, lambda v, m, p, n: sum(plain(v, k, p, n) for k in range(max(since, 1), m + 1))
    (a, one), (b, other) = draw(below), draw(below)
    sign, work = draw(
        st.sampled_from([("+", lambda x, y: x + y), ("-", lambda x, y: x - y), ("*", lambda x, y: x * y)])
    )
    return f"({a}) {sign} ({b})", lambda v, m, p, n: work(one(v, m, p, n), other(v, m, p, n))


def series(*, each: bool) -> list[tuple[str, Any]]:
    """Return outcomes in words; within a sum the bare outcome of each nation too."""
    found = [
        ("gap", lambda v, m, p, _n: v["gap", None][m, p]),
        ("gdp[USA]", lambda v, m, p, _n: v["gdp", "USA"][m, p]),
    ]
    if each:
        found.append(("budget", lambda v, m, p, n: v["budget", n][m, p]))
    return found


@st.composite
def sums(draw: st.DrawFn) -> tuple[str, Any]:
    """Return something over nations, the nations chosen at the first outcome."""
    selection = draw(st.sampled_from(sorted(SELECTIONS)))
    chosen = SELECTIONS[selection]
    nations = [n for n in NATIONS["budget"] if chosen is None or n in chosen]
    factor = draw(st.sampled_from([text for text, _ in series(each=True)]))
    times = dict(series(each=True))[factor]
    kind = draw(st.sampled_from(["sum", "count", "max", "min"]))

    def values(v: Any, m: int, p: int) -> list[float]:
        return [v["budget", n][m, p] * times(v, m, p, n) for n in nations]

    if kind == "count":
        return f"count(budget{selection} * {factor} > 1)", lambda v, m, p, _n: float(
            sum(x > 1 for x in values(v, m, p))
        )
    work = {"sum": sum, "max": max, "min": min}[kind]
    return f"{kind}(budget{selection} * {factor})", lambda v, m, p, _n: float(work(values(v, m, p)))


@settings(max_examples=120, deadline=None)
@given(formula=formulas(), limit=st.integers(-9, 9), seed=st.integers(0, 99))
def test_the_value_is_that_of_a_loop_over_months_and_paths(formula: tuple[str, Any], limit: int, seed: int) -> None:
    text, plain = f"({formula[0]}) + gap > {limit}", formula[1]
    values, found = numbers(seed), parse(text, WORDS)
    by_hand = [
        [plain(values, m, p, None) + values["gap", None][m, p] > limit for p in range(PATHS)]
        for m in range(MONTHS.months)
    ]
    np.testing.assert_array_equal(found.evaluate(values), by_hand)
    assert ((found.margin(values) > 0) <= found.evaluate(values)).all()


@settings(max_examples=150, deadline=None)
@given(formula=formulas(), op=st.sampled_from(["<", "<=", "==", "!=", "> 3 >", ">="]), other=formulas())
def test_what_is_written_reads_as_the_same(formula: tuple[str, Any], op: str, other: tuple[str, Any]) -> None:
    text = f"not ({formula[0]} {op} {other[0]}) and (gap > 0 or phase == 1)"
    found = parse(text, WORDS)
    again = parse(str(found), WORDS)
    assert again.tree == found.tree
    assert str(again) == str(found)
    assert again.names == found.names


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("((gap)<=1_000)", "gap <= 1000"),
        ("gap-(1-gap)", "gap - (1 - gap)"),
        ("(gap-1)-gap", "gap - 1 - gap"),
        ("-(gap+1)*2", "-(gap + 1) * 2"),
        ("phase == 1", "phase == 'ceasefire'"),
        ("'war' == phase", "phase == 'war'"),
        ("-1<gap<1", "-1 < gap and gap < 1"),
        ("sum(budget[UKR,DEU]/gdp)", "sum(budget[DEU, UKR] / gdp[DEU, UKR])"),
        ("count(stance=='in')>=1", "count(stance == 'in') >= 1"),
        ("total(gap, since='2025-03')", "total(gap, since='2025-03')"),
        ("total(gap, since='2025-03-14')", "total(gap, since='2025-03')"),
        ("gap > 1e300", "gap > 1e+300"),
    ],
)
def test_an_expression_is_written_in_one_way(text: str, canonical: str) -> None:
    assert str(parse(text, WORDS)) == canonical


def test_names_that_python_would_not_read_are_written_in_quotes() -> None:
    words = Vocabulary({"days": Term(("A Company", "class", "HQ"))}, {"all of them": ["HQ", "class"]})
    for text in ("days['A Company'] / days['class'] > days[HQ]", "sum(days['@all of them']) > sum(days[HQ, 'class'])"):
        found = parse(text, words)
        assert parse(str(found), words).tree == found.tree
    assert str(found) == "sum(days['@all of them']) > sum(days['class', HQ])"
    assert parse("days['A Company']", words).is_outcome
    assert not parse("-days['A Company']", words).is_outcome


def test_means_and_nested_sums_by_hand() -> None:
    values = numbers(3)
    gdp = np.stack([values["gdp", nation] for nation in NATIONS["gdp"]])
    np.testing.assert_array_equal(parse("mean(gdp)", WORDS).evaluate(values), gdp.mean(axis=0))
    above = (gdp > gdp.mean(axis=0)).sum(axis=0)
    np.testing.assert_array_equal(parse("count(gdp > mean(gdp))", WORDS).evaluate(values), above)


REFUSED = [
    ("sum(budget[@natoo])", ", column 5: must name a group of the scenario, got '@natoo' (did you mean nato?)"),
    ("gap + budget[@nato]", (", column 7: must stand within sum, count, mean, min or max if it is of several nations "
     "(write sum(budget[@nato]))")),
    ("sum(budget[UKR, UKR])", ", column 5: must name each nation once in [...], got budget[UKR, UKR]"),
    ("sum(budget[UKR, USA])", ", column 5: budget must name a nation that it has, got 'USA' (there are DEU, POL, UKR)"),
    ("sum(budget[@nato] / gdp[@allies])", (", column 21: must be of the same nations throughout a sum, "
     "got @nato and @allies")),
    ("sum(budget[@nato, UKR])", ", column 5: must have one group, or nations, in [...], got budget[@nato, UKR]"),
    ("sum(stance[@allies])", ", column 1: sum must be over nations that have stance, got sum(stance[@allies])"),
    ("sum(gap)", ", column 1: sum must be over an outcome by nation, got sum(gap)"),
    ("count(gdp)", (", column 1: count must be over something true or false, sum, mean, min and max over a number, "
     "got count(gdp)")),
    ("total(3) + gap", ", column 1: total must be over an outcome, got total(3)"),
    ("total(gap < 1)", ", column 1: must not reckon with what is true or false, got total(gap < 1)"),
    ("total(gap, since='2040-01')", ", column 18: since must lie between 2025-01 and 2025-08, got '2040-01'"),
    ("total(gap, till='2025-02')", (", column 1: total may have since, a month: total(gdp, since='2027-01'), "
     "got total(gap, till='2025-02')")),
    ("phase == 'ceasfire'", (", column 10: must compare phase with one of its words, got 'ceasfire' "
     "(did you mean ceasefire?)")),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), REFUSED, ids=[text for text, _ in REFUSED])
def test_what_is_refused_and_in_which_words(text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text, WORDS)
    assert str(caught.value) == f"{text!r}{message}"


def test_there_is_no_total_within_a_month() -> None:
    with pytest.raises(ExpressionError, match="total must not stand where there is one month only"):
        parse("total(gap)", WORDS.of_a_month)


def by_hand(values: Any, month: int, *, by: bool, given: bool, since: bool) -> tuple[list[float], int, int, int]:
    """Return the answers to ``gap > 1`` path by path, and how many paths are left out for which reason."""
    found, never, beyond, other = list[float](), 0, 0, 0
    gap, phase, stance = values["gap", None], values["phase", None], values["stance", "DEU"]
    for path in range(PATHS):
        begin = 0
        if since:
            begin = next((m for m in range(MONTHS.months) if phase[m, path] == 1), -1)
        if begin < 0:
            never += 1
        elif begin + month > MONTHS.last:
            beyond += 1
        elif given and stance[begin + month, path] != 1:
            other += 1
        elif by:
            found.append(float(any(gap[m, path] > 1 for m in range(begin, begin + month + 1))))
        else:
            found.append(float(gap[begin + month, path] > 1))
    return found, never, beyond, other


@settings(max_examples=150, deadline=None)
@given(
    by=st.booleans(), month=st.integers(0, MONTHS.last), is_given=st.booleans(), is_since=st.booleans(),
    seed=st.integers(0, 999),
)  # fmt: skip
def test_conditions_agree_with_a_loop_over_paths(
    *, by: bool, month: int, is_given: bool, is_since: bool, seed: int
) -> None:
    values = numbers(seed)
    question = Question(
        "gap > 1",
        by=month if by else None,
        at=None if by else month,
        given="stance[DEU] == 'in'" if is_given else None,
        since="phase == 'ceasefire'" if is_since else None,
    )
    found = question.check(WORDS).answers(values)
    expected = by_hand(values, month, by=by, given=is_given, since=is_since)
    assert (found.values.tolist(), found.never, found.beyond, found.other) == expected
    assert found.counted.sum() == len(expected[0])


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ({"at": 1, "by": 2}, "at, by: must be exactly one of the two"),
        ({"at": "2025-02", "since": "gap > 0"}, "at: must be a whole number, got '2025-02'"),
        ({"by": -1, "since": "gap > 0"}, "by: must be >= 0, got -1"),
        ({"by": "2040-01"}, "by: must lie between 2025-01 and 2025-08, got '2040-01'"),
        ({"since": "gap > 0"}, "at, by: must be exactly one of the two"),
        ({"at": 1, "given": "gap"}, "'gap': must be true or false (write gap <= 0, say)"),
        ({"at": 1, "since": "gap + 1"}, "'gap + 1': must be true or false (write gap <= 0, say)"),
        ({"at": 1, "given": 5}, "given: must be text, got 5"),
    ],
)
def test_a_question_is_refused_with_the_place(question: dict[str, Any], message: str) -> None:
    with pytest.raises(ResultError) as caught:
        Question("gap > 1", **question).check(WORDS)
    assert str(caught.value) == message


def test_a_number_needs_a_month() -> None:
    with pytest.raises(ResultError, match="at: must be given, since 'gap' is a number"):
        Question("gap", by=3).check(WORDS)


# -- results -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def result() -> fs.Result:
    return fs.simulate(toy_scenario(), "faster", paths=600, seed=3, keep="paths")


def test_a_result_answers_over_nations_and_months(result: fs.Result) -> None:
    level = result.kept["level"].astype(float)
    np.testing.assert_allclose(result.history("sum(level)"), level.sum(axis=1), rtol=1e-12)
    total = result.history("total(level[FRA])")
    np.testing.assert_allclose(total, np.cumsum(level[:, result.outcomes["level"].nations.index("FRA")], axis=0)
                               - level[:1, result.outcomes["level"].nations.index("FRA")], rtol=1e-12)  # fmt: skip
    mean = result.mean("sum(level)", at=5)
    assert mean.value == pytest.approx(level[5].sum(axis=0).mean())
    assert mean.error == pytest.approx(level[5].sum(axis=0).std(ddof=1) / math.sqrt(600))
    assert mean.unit == result.outcomes["level"].unit
    quantiles = result.quantiles("sum(level)", [0.25, 0.5])
    np.testing.assert_array_equal(
        quantiles[:, 5], np.quantile(level[5].sum(axis=0), [0.25, 0.5], method="inverted_cdf")
    )


def test_what_is_given_takes_the_smaller_number_of_paths(result: fs.Result) -> None:
    total, given = np.asarray(result.kept["total"], float), result.history("total > 20")[8] > 0
    assert 0 < given.sum() < 600
    mean = result.mean("total", at=8, given="total > 20")
    assert (mean.n, mean.value) == (given.sum(), pytest.approx(total[8, given].mean()))
    assert mean.error == pytest.approx(total[8, given].std(ddof=1) / math.sqrt(given.sum()))
    assert mean.value != pytest.approx(result.mean("total", at=8).value)
    assert mean.note == f"of 600 paths left out: {600 - given.sum()} where total > 20 is false"
    chance = result.chance("total > 25", at=8, given="total > 20")
    assert chance == dataclasses.replace(
        fs.Estimate.of_count(int((total[8, given] > 25).sum()), int(given.sum())), note=mean.note
    )
    median = result.quantiles("total", 0.5, given="total > 20")[0, 8]
    assert median == np.quantile(total[8, given], 0.5, method="inverted_cdf")
    ends = total[-1] > 30
    passage = result.first_passage("total > 20", given="total > 30")
    assert passage.first.sum() + passage.never.value * passage.never.n == ends.sum() == passage.never.n
    np.testing.assert_array_equal(
        passage.first, np.bincount((total[:, ends] > 20).argmax(axis=0), minlength=len(total))[: len(total)]
    )


def test_where_no_path_counts_the_answer_is_unknown(result: fs.Result) -> None:
    for found in (
        result.mean("total", at=8, given="total > 1e9"),
        result.chance("total > 1", at=8, given="total > 1e9"),
        result.chance("total > 1", by=8, since="total > 1e9"),
    ):
        assert found.n == 0
        assert math.isnan(found.value)
    assert str(found) == "unknown (n = 0; of 600 paths left out: 600 without total > 1000000000)"
    assert np.isnan(result.quantiles("total", 0.5, given="total > 1e9")).all()
    passage = result.first_passage("total > 20", given="total > 1e9")
    assert passage.never.n == 0
    assert "unknown" in repr(passage)


def test_events_are_found_whatever_their_spelling() -> None:
    options: dict[str, Any] = {"paths": 300, "seed": 3, "keep": "summary"}
    streamed = fs.simulate(toy_scenario(), events=["total  > 20", "(level[FRA] > 5)"], **options)
    kept = fs.simulate(toy_scenario(), **{**options, "keep": "paths"})
    assert streamed.chance("total>20") == kept.chance("total > 20")
    assert streamed.joint("total>2_0", "level['FRA']>5") == kept.joint("total > 20", "level[FRA] > 5")
    assert list(streamed.summary_.events) == ["total > 20", "level[FRA] > 5"]
    with pytest.raises(ResultError, match="must be kept path by path"):
        streamed.chance("total > 21")
    with pytest.raises(ResultError, match="must be true or false"):
        fs.simulate(toy_scenario(), events=["total"], **options)


def test_events_over_nations_and_months_are_streamed() -> None:
    asked = ["sum(level) > 20", "total(total) > 100", "count(level > 5) >= 2"]
    streamed = fs.simulate(toy_scenario(), events=asked, paths=600, seed=3, keep="summary", block=256)
    kept = fs.simulate(toy_scenario(), paths=600, seed=3, keep="paths")
    for text in asked:
        assert streamed.chance(text, by=9) == kept.chance(text, by=9)
    assert 0 < streamed.chance(asked[0], by=9).value < 1 or 0 < streamed.chance(asked[1], by=9).value < 1


def test_an_estimate_of_a_total_is_that_of_the_result() -> None:
    found = fs.estimate(toy_scenario(), "total(total)", at=9, method="plain", paths=512, seed=3)
    result = fs.simulate(toy_scenario(), paths=512, seed=3, keep="paths")
    assert found.value == pytest.approx(result.mean("total(total)", at=9).value, rel=1e-12)
