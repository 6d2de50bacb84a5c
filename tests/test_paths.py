"""The one path syntax."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forcesim import paths

NAMES = st.text(st.characters(exclude_characters=".[]"), min_size=1, max_size=8)
PARTS = st.tuples(NAMES, st.lists(NAMES | st.integers(0, 99), max_size=5)).map(lambda both: (both[0], *both[1]))


@given(PARTS)
def test_split_and_join_are_inverse(parts: paths.Parts) -> None:
    assert paths.split(paths.join(parts)) == parts


@pytest.mark.parametrize("text", ["", ".a", "a..b", "a.", "a[x]", "a[", "a[-1]", "a]b", "a[1]b", "[", "a.[1]"])
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"must be a path such as nations\.UKR\.army\.strength"):
        paths.split(text)


DATA = {"a": {"b": [{"c": 1}, {"c": 2}]}, "d": 3}


def test_get_and_replace() -> None:
    assert paths.get(DATA, ("a", "b", 1, "c")) == 2
    changed = paths.replace(DATA, ("a", "b", 1, "c"), 5)
    assert paths.get(changed, ("a", "b", 1, "c")) == 5
    assert paths.get(DATA, ("a", "b", 1, "c")) == 2  # a copy
    assert paths.replace(DATA, ("e",), 1)["e"] == 1


@pytest.mark.parametrize(
    ("parts", "where"),
    [
        (("x", "b"), "x"),
        (("a", "b", 2, "c"), "a.b[2]"),
        (("a", "x", "c"), "a.x"),
        (("d", "x"), "d.x"),
        (("a", 0), "a[0]"),
    ],
)
def test_a_path_that_leads_nowhere_says_where_it_ends(parts: paths.Parts, where: str) -> None:
    for act in (lambda: paths.get(DATA, parts), lambda: paths.replace(DATA, parts, 1)):
        with pytest.raises(KeyError) as caught:
            act()
        assert caught.value.args == (where,)


@given(
    st.recursive(
        st.integers(),
        lambda inner: st.dictionaries(NAMES, inner, min_size=1) | st.lists(inner, min_size=1),
        max_leaves=9,
    )
)
def test_leaves_are_reached_by_their_paths(data: object) -> None:
    for path, value in paths.leaves({"root": data}):
        assert paths.get({"root": data}, paths.split(path)) == value


def test_groups_and_stars() -> None:
    groups = {"two": ["DEU", "POL"]}
    assert list(paths.expand("nations.*.x", ["DEU", "FRA"], groups)) == ["nations.DEU.x", "nations.FRA.x"]
    assert list(paths.expand("nations.@two.x[0].y", [], groups)) == ["nations.DEU.x[0].y", "nations.POL.x[0].y"]
    for plain in ("nations.DEU.x", "spending.@two", "x", "nations"):
        assert list(paths.expand(plain, ["DEU"], groups)) == [plain]
    with pytest.raises(KeyError, match=r"three"):
        list(paths.expand("nations.@three.x", [], groups))


def test_nearest_names() -> None:
    assert paths.nearest("strenght", ["strength", "share"]) == "did you mean strength?"
    assert paths.nearest("STRENGTH", ["strength", "share"]) == "did you mean strength?"
    assert paths.nearest("zzz", ["strength"]) == ""
    known = ["nations.UKR.army.schools[0].seats", "nations.UKR.army.strength", "nations.RUS.navy.strength"]
    assert paths.nearest_path("nations.UKR.amry.strenght", known) == "did you mean nations.UKR.army.strength?"
    assert (
        paths.nearest_path("nations.UKR.army.schools[1].seats", known)
        == "did you mean nations.UKR.army.schools[0].seats?"
    )
    assert paths.nearest_path("nations.UKR.army", known) == ""
    assert paths.nearest_path("qqq", known) == ""
