"""Boxes in which cases gather, on plain arrays: by EMA Workbench's PRIM or a tree, scored on cases they have not seen.

A box restricts some inputs to a range, or to some of their words. Its *coverage* is the share of all cases of interest
that lie inside, its *density* the share of what lies inside that is of interest. PRIM peels a twentieth off at a time
and so gives a series of ever smaller and denser boxes (Friedman and Fisher 1999; Bryant and Lempert 2010). A box is
chosen because it is dense, and so looks denser than it is: half of the rows choose, the other half score.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forcesim.extras import needed

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt
    import pandas as pd

    from forcesim.arrays import Floats

    Flags = npt.NDArray[np.bool_]

__all__ = ["Box", "by_cart", "by_prim", "package"]

MODULES = {"prim": "ema_workbench.analysis.prim", "cart": "sklearn.tree"}
"""Where each method is."""

SEPARATOR = "\x1f"
"""Between an input and its word; no name of either has it."""

LEAST_DENSITY = 0.01
"""Density from which on PRIM keeps a box: trajectories are shown whole."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box and its scores.

    Attributes
    ----------
    limits : mapping of input to (low, high) or frozenset of words
        Of restricted inputs.
    quasi_p : mapping of input to (low, high)
        For each end the chance that a limit so good came by chance (Bryant and Lempert 2010); nan where there is none.
    coverage, density, mass : float
        On the rows that chose it; ``mass`` is the share of rows inside.
    fresh_coverage, fresh_density : float
        On the other rows.
    """

    limits: dict[str, Any]
    quasi_p: dict[str, tuple[float, float]]
    coverage: float
    density: float
    mass: float
    fresh_coverage: float
    fresh_density: float


def by_prim(x: pd.DataFrame, y: Floats, learn: Flags, *, mass: float) -> list[Box]:
    """Return the peeling trajectory of PRIM, from all rows to the smallest box.

    Parameters
    ----------
    x : DataFrame (row, input)
        Numbers, or words as categories.
    y : float64 (row,)
        1 for cases of interest, else 0.
    learn : bool (row,)
        Rows that choose; the others score.
    mass : float
        Share of the rows that a box must hold.

    Raises
    ------
    ResultError
        If EMA Workbench is not installed.
    """
    prim = package("prim")
    chosen = x[learn].reset_index(drop=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = prim.Prim(chosen, y[learn].astype(bool), threshold=LEAST_DENSITY, mass_min=mass).find_box()
    if found is None:
        return []
    whole = found.box_lims[0]
    quasi = [{}, *found.qp[1:]]  # of the box of all rows there is none
    return [
        _scored(_limits(limits, whole), p, x, y, learn) for limits, p in zip(found.box_lims, quasi, strict=True)
    ]  # fmt: skip


def by_cart(x: pd.DataFrame, y: Floats, learn: Flags, *, mass: float) -> list[Box]:
    """Return the leaves of a classification tree by scikit-learn, the densest first; arguments as :func:`by_prim`.

    EMA Workbench's own leaves are not taken: the counts that it reads are shares since scikit-learn 1.3.
    """
    import pandas as pd

    trees = package("cart")
    coded = pd.get_dummies(x, prefix_sep=SEPARATOR)
    grown = trees.DecisionTreeClassifier(min_samples_leaf=mass, random_state=0).fit(coded[learn].to_numpy(), y[learn])
    words = {str(name): frozenset(own.cat.categories) for name, own in x.items() if _of_words(own)}
    inputs = list(x.columns)
    boxes = []
    for limits in _leaves(grown.tree_, list(coded.columns), words):
        ordered = {name: limits[name] for name in inputs if name in limits}
        boxes.append(_scored(ordered, {}, x, y, learn))
    return sorted(boxes, key=lambda box: -box.density)


def _leaves(tree: Any, names: list[str], words: Mapping[str, frozenset[Any]]) -> list[dict[str, Any]]:
    """Return the limits of each leaf of a tree."""
    found: list[dict[str, Any]] = []
    todo: list[tuple[int, dict[str, Any]]] = [(0, {})]
    while todo:
        node, limits = todo.pop()
        if tree.children_left[node] < 0:
            found.append(limits)
            continue
        name, _, word = names[tree.feature[node]].partition(SEPARATOR)
        cut = float(tree.threshold[node])
        low, high = limits.get(name, (-np.inf, np.inf)) if not word else (0.0, 0.0)
        left: Any = (low, cut)
        right: Any = (cut, high)
        if word:
            have = limits.get(name, words[name])
            left, right = have - {word}, have & {word}
        todo += [(int(tree.children_right[node]), {**limits, name: right})]
        todo += [(int(tree.children_left[node]), {**limits, name: left})]
    return found


def package(method: str) -> Any:
    """Return the module that a method needs, or refuse it before any work."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return needed(f"discover(method={method!r})", MODULES[method])


def _of_words(values: pd.Series[Any]) -> bool:
    """Return whether an input is a word, and no number."""
    import pandas as pd

    return isinstance(values.dtype, pd.CategoricalDtype)


def _limits(limits: pd.DataFrame, whole: pd.DataFrame) -> dict[str, Any]:
    """Return the limits of a box of EMA Workbench where it is smaller than the box of all rows."""
    own: dict[str, Any] = {}
    for name in limits.columns:
        (low, high), (least, most) = limits[name], whole[name]
        if isinstance(low, (set, frozenset)):
            if set(low) != set(least):
                own[str(name)] = frozenset(low)
        elif low > least or high < most:
            own[str(name)] = (-np.inf if low <= least else float(low), np.inf if high >= most else float(high))
    return own


def _scored(
    limits: dict[str, Any], quasi: Mapping[str, Any], x: pd.DataFrame, y: Floats, learn: Flags
) -> Box:  # fmt: skip
    """Return a box with its scores on the rows that chose it and on the others."""
    inside = np.ones(len(x), dtype=np.bool_)
    for name, bound in limits.items():
        values = x[name]
        inside &= values.isin(bound) if isinstance(bound, frozenset) else (values >= bound[0]) & (values <= bound[1])
    cases = y > 0.0
    coverage, density = _scores(inside[learn], cases[learn])
    fresh_coverage, fresh_density = _scores(inside[~learn], cases[~learn])
    p = {str(name): _two(one) for name, one in quasi.items() if str(name) in limits}
    return Box(limits, p, coverage, density, float(inside[learn].mean()), fresh_coverage, fresh_density)


def _scores(inside: Flags, cases: Flags) -> tuple[float, float]:
    """Return coverage and density, nan where there is nothing to divide by."""
    both = float((inside & cases).sum())
    return float(both / cases.sum() if cases.any() else np.nan), float(both / inside.sum() if inside.any() else np.nan)


def _two(given: Any) -> tuple[float, float]:
    """Return the quasi-p-values of the two ends; EMA Workbench writes -1 for none, and one value for words."""
    values = [float(one) if one >= 0 else float("nan") for one in np.atleast_1d(given)]
    return values[0], values[-1]
