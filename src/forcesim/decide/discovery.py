"""Where does a policy fail? Boxes of inputs in which cases of interest gather, by PRIM or CART."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forcesim.arguments import finite, integer, one_of
from forcesim.decide.boxes import Box, by_cart, by_prim, package
from forcesim.decide.indices import basis, explained
from forcesim.decide.swaps import Swaps
from forcesim.decide.widening import chosen, questions_of, size_of
from forcesim.errors import Fault, ResultError
from forcesim.machine import progress_shown
from forcesim.manifest import versions
from forcesim.view.tables import Quotable

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from matplotlib.figure import Figure

    from forcesim.arrays import Floats
    from forcesim.machine import Progress
    from forcesim.policy import Policy
    from forcesim.scenario import Scenario

__all__ = ["Discovery", "discover"]

METHODS = {"prim": by_prim, "cart": by_cart}

SAID = 3
"""Limits of a box in a line of a table."""

LEAST_CASES = 20
"""Cases of interest that are needed, and as many others."""


@dataclass(frozen=True, slots=True, repr=False)
class Discovery(Quotable):
    """Boxes in which cases of interest gather.

    Attributes
    ----------
    case, when : str
        What is of interest.
    method : str
        ``"prim"``: boxes are a peeling trajectory. ``"cart"``: they are leaves, the densest first.
    policies : tuple of str
        All whose paths are looked at.
    base : float
        Share of the cases among all paths.
    boxes : tuple of Box
        Each with limits, coverage and density, on the paths that chose it and on fresh ones.
    source : str
        Where a picture or table comes from.
    """

    case: str
    when: str
    method: str
    policies: tuple[str, ...]
    base: float
    boxes: tuple[Box, ...]
    source: str = ""

    def trajectory(self) -> pd.DataFrame:
        """Return one row a box: coverage, density, fresh coverage and density, mass, how many inputs it restricts."""
        import pandas as pd

        names = ("coverage", "density", "fresh_coverage", "fresh_density", "mass")
        rows = [{name: getattr(box, name) for name in names} | {"res_dim": len(box.limits)} for box in self.boxes]
        return pd.DataFrame(rows).rename_axis("box")

    def to_dataframe(self) -> pd.DataFrame:
        """Return the same as :meth:`trajectory`."""
        return self.trajectory()

    def box(self, place: int = -1) -> pd.DataFrame:
        """Return the limits of a box: for each restricted input both ends (or words) with their quasi-p-values.

        Parameters
        ----------
        place : int
            Row of :meth:`trajectory`.
        """
        import pandas as pd

        found = self.boxes[place]
        rows = {}
        for name, bound in found.limits.items():
            low, high = found.quasi_p.get(name, (np.nan, np.nan))
            words = ", ".join(sorted(map(str, bound))) if isinstance(bound, frozenset) else ""
            ends = (np.nan, np.nan) if words else bound
            rows[name] = {"low": ends[0], "high": ends[1], "words": words, "quasi_p_low": low, "quasi_p_high": high}
        columns = ["low", "high", "words", "quasi_p_low", "quasi_p_high"]
        return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("input")

    def figure(self) -> Figure:
        """Return the trade-off: coverage across, density up, on the paths that chose the boxes and on fresh ones."""
        from forcesim.view.boxes import trade_off

        title = f"{self.case} {self.when}: where it gathers, by {self.method.upper()}"
        return trade_off(frame=self.trajectory(), base=self.base, title=title, source=self.source)

    def _caption(self) -> str:
        return f"{self.case} {self.when}: {self.base:.1%} of paths; boxes by {self.method}, fresh = on other paths"

    def _cells(self) -> list[list[str]]:
        rows = [["box", "coverage", "density", "fresh coverage", "fresh density", "where"]]
        every = max(1, -(-len(self.boxes) // 12))
        for place in sorted({*range(0, len(self.boxes), every), len(self.boxes) - 1}):
            box = self.boxes[place]
            numbers = (box.coverage, box.density, box.fresh_coverage, box.fresh_density)
            rows.append([str(place), *(f"{one:.2f}" for one in numbers), _where(box)])
        return rows


def _where(box: Box) -> str:
    """Return the first limits of a box in words: a line of a table holds no more."""
    said = [_said(limit) for limit in box.limits.items()]
    more = len(said) - SAID
    return " and ".join(said[:SAID]) + (f" and {more} more" if more > 0 else "")


def _said(limit: tuple[str, object]) -> str:
    """Return a limit in words."""
    name, bound = limit
    if not isinstance(bound, tuple):
        return f"{name} in {{{', '.join(sorted(map(str, bound)))}}}"  # type: ignore[call-overload]
    low, high = bound
    if np.isinf(low):
        return f"{name} <= {high:.3g}"
    return f"{name} >= {low:.3g}" if np.isinf(high) else f"{low:.3g} <= {name} <= {high:.3g}"


def discover(
    scenario: Scenario,
    policies: str | Policy | Sequence[str | Policy | Sequence[str | Policy]],
    case: str,
    *,
    at: str | dt.date | int | None = None,
    by: str | dt.date | int | None = None,
    method: str = "prim",
    inputs: str | Sequence[str] | None = None,
    fixed: Mapping[str, tuple[float, float]] | Sequence[str] | None = None,
    most: int = 15,
    mass: float = 0.05,
    paths: int = 4_096,
    seed: int = 2025,
    threads: int | None = None,
    progress: bool | Progress | None = None,
) -> Discovery:
    """Find where cases of interest gather among uncertain numbers, levers and policies (extra ``forcesim[ema]``).

    Parameters
    ----------
    scenario : Scenario
        What to simulate.
    policies : str, Policy or sequence of them
        With several the policy is an input.
    case : str
        Something true or false: ``"secure_months < 24"``.
    at, by : str, date or int
        The month, as in :func:`forcesim.compare`.
    method : {"prim", "cart"}
        Peeling (PRIM, by EMA Workbench) or a classification tree (CART, by scikit-learn).
    inputs : str or sequence of str, optional
        Numbers to look at, by path; the ``most`` that say most about the case unless given.
    fixed : mapping of path to (low, high), or sequence of str, optional
        Numbers that vary too, levers among them, as in :func:`forcesim.sensitivity`.
    most : int
        How many inputs are looked at.
    mass : float
        Share of the paths that a box must hold, 0 to 1.
    paths : int
        Paths under each policy; half of them choose boxes, half score them.
    seed, threads, progress
        As in :func:`forcesim.simulate`; threads change no result.

    Returns
    -------
    Discovery
        Boxes with coverage, density and quasi-p-values.

    Raises
    ------
    PolicyError
        If a policy cannot be applied.
    ResultError
        If an argument is not admissible, a package is missing, or fewer than 20 paths are (or are not) cases.

    Source
    ------
    Friedman, J. H. and Fisher, N. I. (1999), Bump hunting in high-dimensional data, Statistics and Computing 9(2),
    123-143.
    Bryant, B. P. and Lempert, R. J. (2010), Thinking inside the box, Technological Forecasting and Social Change 77,
    34-49.

    Examples
    --------
    >>> import forcesim as fs
    >>> seed, unknown = fs.load("seed-figures"), {"nations.UKR.army.strength": (0.9e6, 1.1e6)}
    >>> found = fs.discover(
    ...     seed, "status-quo", "gap > 550_000", at="2025-06", fixed=unknown, method="cart", paths=512
    ... )
    >>> round(found.boxes[0].fresh_density, 1)
    1.0
    """
    size, method = size_of(paths, seed, threads, least=128), one_of("method", method, METHODS)
    most, mass = integer("most", most, least=1), finite("mass", mass, above=0, most=1)
    package(method)
    questions = questions_of(scenario, policies, case, at=at, by=by, fixed=fixed, seed=size.seed, least=1)
    first = next(iter(questions.values()))
    if first.unit != "chance":
        raise ResultError(Fault(repr(case), "must be true or false", "", "secure_months < 24, say"))
    samples = []
    with progress_shown(progress, len(questions), "policies") as show:
        for done, question in enumerate(questions.values()):
            samples.append(Swaps(question, ()).on_all((), size.paths, size.threads))
            show(done + 1, len(questions))
    y = np.concatenate(samples)
    if not LEAST_CASES <= y.sum() <= len(y) - LEAST_CASES:
        found = f"{int(y.sum()):,} of {len(y):,} paths"
        raise ResultError(Fault(repr(case), f"must be true on {LEAST_CASES} paths, and false on as many", found))
    drawn = first.sampler(0, size.paths)
    names = None if inputs is None else chosen("inputs", inputs, list(drawn))
    x = _table(drawn, np.array(samples), list(questions), names, most)
    learn = np.tile(np.arange(size.paths) % 2 == 0, len(samples))  # a path is in one half under all policies
    version, about = versions()["forcesim"], f"{size.paths:,} paths under each policy, seed {size.seed}"
    return Discovery(
        case=first.expression.text,
        when=first.when,
        method=method,
        policies=tuple(questions),
        base=float(y.mean()),
        boxes=tuple(METHODS[method](x, y, learn, mass=mass)),
        source=f"forcesim {version}: {first.scenario.name}; {about}",
    )


def _table(
    drawn: Mapping[str, Floats], samples: Floats, policies: list[str], names: list[str] | None, most: int
) -> pd.DataFrame:
    """Return the inputs to look at, a row for each path, policy after policy."""
    import pandas as pd

    if names is None:
        share = samples.mean(axis=0)
        told = {name: float(explained(basis(own), share).value) for name, own in drawn.items()} if share.std() else {}
        names = sorted(told, key=lambda name: -told[name])[:most]
    found = pd.DataFrame({name: np.tile(drawn[name], len(policies)) for name in names})
    if len(policies) > 1:
        found["policy"] = pd.Categorical(np.repeat(np.array(policies), samples.shape[1]))
    return found
