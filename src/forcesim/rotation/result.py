"""What a rotation study tells: outcomes over the replications with their error, as xarray, as tables, as pictures."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

import numpy as np
import numpy.typing as npt

from forcesim.arguments import integer, one_of, shown, switch, texts
from forcesim.arguments import shares as shares_of
from forcesim.errors import Fault, ResultError
from forcesim.extras import needed
from forcesim.manifest import versions
from forcesim.paths import nearest
from forcesim.result import Estimate
from forcesim.result.estimate import NORMAL_95
from forcesim.rotation.answers import TimeTo, error_of, is_known, mean_of
from forcesim.rotation.certainty import is_fixed
from forcesim.rotation.labelled import dataset_of
from forcesim.rotation.layout import WHOLE_UNIT
from forcesim.rotation.outcomes import RotationOutcome, category_days, make_outcomes, parsed
from forcesim.rotation.people import BIN_DAYS, BINS
from forcesim.rotation.tally import STRESS_BINS, sample_step
from forcesim.rotation.world import BROKEN, CATEGORIES, STATES
from forcesim.view import rotation as pictures
from forcesim.view.tables import Quotable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure

    from forcesim.engine import Precision
    from forcesim.expression import Expression
    from forcesim.packing import Arrays
    from forcesim.rotation.layout import RotationLayout

__all__ = ["RotationResult", "TimeTo"]

By = Literal["group", "nation", "component", "type"]
Axis = Literal["priority", "phase"]

SHOWN = ("unmet_share", "unmet_days", "peak_unmet", "longest_unmet", "full_after", "full_for")


class RotationResult(Quotable):
    """The outcomes of a rotation study over its replications.

    Attributes
    ----------
    study : Rotation
        What was simulated.
    seed, replications : int
        Seed of the draws; how many futures.
    outcomes : mapping of str to RotationOutcome
        Every outcome with unit, meaning and values.
    reached : bool
        Whether the answer that ``until`` named is as precise as wanted (true if there was none).

    Examples
    --------
    >>> from forcesim import rotation
    >>> result = rotation.simulate({
    ...     "days": 1800,
    ...     "policies": {"six in thirty": {"available_from": 720, "tour": 180, "overlap": 10}},
    ...     "units": [{"name": "brigade", "type": "brigade", "count": 6, "policy": "six in thirty",
    ...                "start": "staggered"}],
    ...     "demands": [{"name": "mission", "type": "brigade", "quantity": 1}],
    ... }, replications=1)
    >>> result
    rotation: 6 units, 1,800 days, 1 replication, seed 2025; means
    demand   unmet share  unmet days  peak unmet  longest unmet  full after  full for
    -------  -----------  ----------  ----------  -------------  ----------  --------
    mission        0.0 %           0           0              0           0     1,800
    """

    def __init__(
        self,
        layout: RotationLayout,
        seed: int,
        arrays: Arrays,
        spells: Mapping[int, npt.NDArray[np.int64]],
        *,
        z: float | None = None,
        until: Precision | None = None,
    ) -> None:
        """Keep the accounts."""
        self.layout, self.study, self.seed = layout, layout.study, seed
        self.arrays, self.spells = arrays, dict(spells)
        self.z = NORMAL_95 if z is None else z
        self.replications = len(arrays["days"])
        self.outcomes: dict[str, RotationOutcome] = make_outcomes(layout, arrays)
        self.reached = until is None or self._precise(until)

    def _precise(self, until: Precision) -> bool:
        """Return whether an answer is as precise as wanted."""
        found = self.chance(until.chance) if until.chance is not None else self.mean(str(until.mean))
        return (found.high - found.low) / 2.0 <= until.half_width

    @cached_property
    def settled(self) -> bool:
        """Return whether the warm-up was long enough: what was there of no demand moved in its last two lives.

        The mean over the replications must not differ by more than 4 standard errors and a hundredth of what is asked.
        """
        if not self.layout.opening.warm_up:
            return True
        quantity = np.array([demand.quantity for demand in self.study.demands]) * WHOLE_UNIT
        moved = np.diff(self.arrays["settling"], axis=1)[:, 0] / max(1, self.layout.opening.life)
        error = moved.std(axis=0, ddof=1) / np.sqrt(len(moved)) if len(moved) > 1 else 0.0
        return bool((np.abs(moved.mean(axis=0)) <= np.maximum(4.0 * error, 0.01 * quantity)).all())

    # -- answers ---------------------------------------------------------------------------------------------------

    def values(self, expression: str) -> npt.NDArray[Any]:
        """Return an expression over outcomes in every replication.

        Parameters
        ----------
        expression : str
            Such as ``"unmet[mission]"``, ``"bog_dwell[GBR] >= 4"`` or ``"unmet_share['large mission'] <= 0.05"``.

        Raises
        ------
        ExpressionError
            If it names something that there is not.
        """
        return self._values(self._parsed(expression))

    def mean(self, expression: str) -> Estimate:
        """Return the mean of an outcome, or of an expression over outcomes, with its Monte Carlo error.

        Raises
        ------
        ResultError
            If it is not reached in some replication (a mean over the others would be of luckier futures).
        """
        asked = self._parsed(expression)
        if asked.is_event:
            raise ResultError(Fault(asked.text, "must be a number; ask chance(...) for what is true or false"))
        values = self._values(asked).astype(np.float64)
        missing = int(np.isnan(values).sum())
        if missing:
            rule = "cannot be reached" if missing == len(values) else "is not reached in every replication"
            remedy = "ask time_to(...), or the chance of a comparison, which is false where it is not reached"
            raise ResultError(Fault(expression, rule, f"{missing} of {len(values)} without it", remedy))
        unit = self.outcomes[asked.names[0][0]].unit if asked.is_outcome else ""
        return mean_of(values, unit, self.z, certain=is_known(self.layout, asked))

    def chance(self, expression: str) -> Estimate:
        """Return the chance that a comparison of outcomes is true; what was never reached makes it false."""
        asked = self._parsed(expression)
        if not asked.is_event:
            raise ResultError(Fault(expression, "must be true or false: compare it with something"))
        values = self._values(asked)
        return Estimate.of_count(int(values.sum()), len(values), self.z)

    def quantiles(self, expression: str, shares: float | Sequence[float]) -> list[float]:
        """Return quantiles over the replications; what was never reached counts as infinite.

        Parameters
        ----------
        expression : str
            As of :meth:`values`.
        shares : float or sequence of float
            Each in (0, 1); 0.5 is the median.
        """
        shares = shares_of("shares", shares)
        values = self.values(expression).astype(np.float64)
        ordered = np.sort(np.where(np.isnan(values), np.inf, values))
        return [float(ordered[min(len(ordered) - 1, int(share * len(ordered)))]) for share in shares]

    def time_to(self, demand: str, units: int | None = None) -> TimeTo:
        """Return how long it takes until a demand has so many units for the first time, counted from its first day."""
        names = [one.name for one in self.study.demands]
        if demand not in names:
            remedy = nearest(str(demand), names) or f"there are {names}"
            raise ResultError(Fault("demand", "must be one of the study", shown(demand), remedy))
        place = names.index(demand)
        if units is None:
            days, what = self.arrays["full"][:, place], f"{demand} in full"
        else:
            reach = self.arrays["reach"]
            units = integer("units", units, least=1, most=reach.shape[2])
            days, what = reach[:, place, units - 1], f"{demand} with {units} units"
        reached = days[days >= 0].astype(np.float64)
        return TimeTo(what, Estimate.of_count(len(reached), len(days), self.z), reached)

    def first_to_break(self, by: By = "nation", rules: Sequence[str] = BROKEN) -> dict[str, Estimate]:
        """Return the chance of each nation (or group ...) to be the first that breaks a rule; ties count for each."""
        labels, place = self._labels(by)
        rules = [one_of("rules", rule, BROKEN) for rule in texts("rules", rules)]
        if not rules:
            raise ResultError(Fault("rules", f"must be some of {', '.join(BROKEN)}", "none"))
        days = self.arrays["first_break"][:, [BROKEN.index(rule) for rule in rules]]
        first = np.where(days < 0, np.inf, days).min(axis=1)
        days = np.full((self.replications, len(labels)), np.inf)
        for group, label in enumerate(place):
            days[:, label] = np.minimum(days[:, label], first[:, group])
        earliest = days.min(axis=1, keepdims=True)
        hits = ((days == earliest) & np.isfinite(earliest)).sum(axis=0)
        found = {
            label: Estimate.of_count(int(count), self.replications, self.z)
            for label, count in zip(labels, hits, strict=True)
            if count
        }
        return dict(sorted(found.items(), key=lambda item: -item[1].value))

    def _parsed(self, expression: str) -> Expression:
        """Return an expression over the outcomes."""
        return parsed(expression, self.layout)

    def _values(self, asked: Expression) -> npt.NDArray[Any]:
        """Return an expression in every replication."""
        values = {}
        for name, label in asked.names:
            outcome = self.outcomes[name]
            column = outcome.series if label is None else outcome.series[:, outcome.labels.index(label)]
            values[name, label] = column
        return asked.evaluate(values)

    def _labels(self, by: By) -> tuple[list[str], npt.NDArray[np.int64]]:
        """Return labels in order of mention, and the place of each group among them."""
        by = cast("By", one_of("by", by, get_args(By)))
        of = [group.name if by == "group" else getattr(group, by) for group in self.study.units]
        labels = list(dict.fromkeys(of))
        return labels, np.array([labels.index(name) for name in of], dtype=np.int64)

    # -- tables ----------------------------------------------------------------------------------------------------

    @cached_property
    def dataset(self) -> xr.Dataset:
        """Return everything as xarray: each outcome by replication, the account by group, phase and category."""
        return dataset_of(self.layout, self.outcomes, self.arrays, seed=self.seed)

    def summary(self) -> pd.DataFrame:
        """Return every outcome as a table: mean, error, 10 % to 90 %, and in how many replications it is reached."""
        import pandas as pd

        rows = []
        for name, outcome in self.outcomes.items():
            columns = outcome.series if outcome.axis else outcome.series[:, None]
            for label, values in zip(outcome.labels if outcome.axis else ("",), columns.T, strict=True):
                known = values[~np.isnan(values)]
                n = len(known)
                low, high = np.quantile(known, [0.1, 0.9]) if n else (np.nan, np.nan)
                certain = self.layout.certain or is_fixed(self.study, name, label)
                error = error_of(known, certain=certain and n > 0)
                mean = float(known.mean()) if n else np.nan
                rows.append((name, label, outcome.unit, mean, error, low, high, n, outcome.meaning))
        columns_of = ["outcome", "of", "unit", "mean", "error", "low", "high", "reached", "meaning"]
        return pd.DataFrame(rows, columns=columns_of)

    def account(self, by: By = "group") -> pd.DataFrame:
        """Return the account of unit-days, means over the replications: every row adds up to its last column."""
        import pandas as pd

        labels, place = self._labels(by)
        mean = category_days(self.arrays).mean(axis=0).sum(axis=1)
        total = np.zeros((len(labels), len(CATEGORIES)))
        np.add.at(total, place, mean)
        table = pd.DataFrame(total, index=pd.Index(labels, name=by), columns=list(CATEGORIES))
        table["units x days"] = total.sum(axis=1)
        return table

    def unmet_by(self, axis: Axis) -> pd.DataFrame:
        """Return what is asked for and unmet by priority or by phase, means over the replications, in unit-days."""
        import pandas as pd

        axis = cast("Axis", one_of("axis", axis, get_args(Axis)))
        asked, unmet = (self.arrays[name].mean(axis=0) / WHOLE_UNIT for name in ("asked", "unmet"))
        if axis == "phase":
            index = pd.Index(self.layout.phases, name="phase")
            return pd.DataFrame({"asked": asked.sum(axis=0), "unmet": unmet.sum(axis=0)}, index=index)
        priority = pd.Index([demand.priority for demand in self.study.demands], name="priority")
        table = pd.DataFrame({"asked": asked.sum(axis=1), "unmet": unmet.sum(axis=1)}, index=priority)
        return table.groupby(level="priority").sum()

    def _cells(self) -> list[list[str]]:
        """Return the table that one quotes."""
        head = ["demand", *(name.replace("_", " ") for name in SHOWN)]
        rows = []
        for place, demand in enumerate(self.study.demands):
            cells = [demand.name]
            for name in SHOWN:
                values = self.outcomes[name].series[:, place]
                known = values[~np.isnan(values)]
                if not len(known):
                    cells.append("never" if name.startswith("full") else "-")
                    continue
                text = f"{100 * known.mean():.1f} %" if name == "unmet_share" else f"{known.mean():,.0f}"
                cells.append(text + (f" ({len(known) / len(values):.0%})" if len(known) < len(values) else ""))
            rows.append(cells)
        return [head, *rows]

    def _caption(self) -> str:
        n, units = self.replications, len(self.layout.members)
        many = f"{n:,} replication{'s' if n > 1 else ''}"
        of = "means" if n > 1 or self.layout.certain else "one future, of which no error is known"
        start = "" if self.settled else "; warm-up too short: what is there still moves, give a longer warm_up"
        return f"{self.study.name}: {units:,} units, {self.study.days:,} days, {many}, seed {self.seed}; {of}{start}"

    def same_bits(self, other: RotationResult) -> bool:
        """Return whether another result has the same study and the same numbers to the last bit, each in its place."""
        if not isinstance(other, RotationResult) or (self.study, self.seed) != (other.study, other.seed):
            return False
        mine, others = ({**one.arrays, **{f"spells {k}": v for k, v in one.spells.items()}} for one in (self, other))
        return list(mine) == list(others) and all(
            (values.dtype, values.shape, values.tobytes())
            == (others[name].dtype, others[name].shape, others[name].tobytes())
            for name, values in mine.items()
        )

    # -- pictures --------------------------------------------------------------------------------------------------

    @property
    def source_line(self) -> str:
        """Return what stands below a picture."""
        n = self.replications
        return (
            f"forcesim {versions()['forcesim']}, {self.study.name}; {n:,} replication{'s' * (n > 1)}, seed {self.seed}"
        )

    def sand(self, by: By = "component", *, kind: str | None = None, title: str = "Units deployed") -> Figure:
        """Return the sand chart: who is deployed on each day, stacked, against what is asked for.

        Parameters
        ----------
        by : {"component", "nation", "type", "group"}
            What the layers are.
        kind : str, optional
            Only units of a type, and demands for it.
        title : str
            Above it.
        """
        needed("sand()", "matplotlib")
        labels, place = self._labels(by)
        if kind is not None:
            types = [group.type for group in self.study.units] + [demand.type for demand in self.study.demands]
            kind = one_of("kind", kind, dict.fromkeys(types))
        mean = self.arrays["sand"][0] / self.replications
        layers = np.zeros((len(labels), mean.shape[1]))
        wanted = [kind is None or group.type == kind for group in self.study.units]
        for group, row in enumerate(mean):
            layers[place[group]] += row * wanted[group]
        kept = [number for number in range(len(labels)) if layers[number].any()]
        demands = [kind is None or demand.type == kind for demand in self.study.demands]
        asked = (self.arrays["series"][:, 0] / WHOLE_UNIT).mean(axis=0)[demands].sum(axis=0)
        return pictures.sand(
            days=np.arange(mean.shape[1]) * sample_step(self.study.days),
            layers={labels[number]: layers[number] for number in kept},
            asked=asked,
            start=self.study.start,
            title=title,
            source=self.source_line,
        )

    def gantt(self, replication: int = 0, *, title: str = "Every unit, every day", most: int = 60) -> Figure:
        """Return the Gantt view of one replication: a row for each unit, its states in colours.

        Parameters
        ----------
        replication : int
            Which of those that are kept.
        title : str
            Above it.
        most : int
            Units that are shown, at the most.

        Raises
        ------
        ResultError
            If the spells of that replication were not kept (``keep=`` of simulate).
        """
        needed("gantt()", "matplotlib")
        replication, most = integer("replication", replication), integer("most", most, least=1)
        if replication not in self.spells:
            kept = f"0 to {len(self.spells) - 1} are kept; " if self.spells else "none is kept; "
            remedy = f"{kept}rotation.simulate(..., keep={max(replication, 0) + 1}) keeps it"
            raise ResultError(Fault("replication", "must be one whose spells are kept", str(replication), remedy))
        names = [member.name for member in self.layout.members]
        return pictures.gantt(
            names=names[:most],
            spells=self.spells[replication],
            states=STATES,
            last=self.study.days,
            start=self.study.start,
            title=title,
            source=f"{self.source_line}; replication {replication}"
            + (f"; first {most} of {len(names)} units" if len(names) > most else ""),
        )

    def dwells(
        self, by: By = "component", *, persons: bool = False, title: str = "Dwell at departure (line: the rule)"
    ) -> Figure:
        """Return histograms of the days at home between two tours, of units or (where modelled) of persons.

        A line marks the minimum dwell that their policies ask for.
        """
        needed("dwells()", "matplotlib")
        name = "personal_dwell" if switch("persons", persons) else "dwell"
        if name not in self.arrays:
            raise ResultError(Fault("persons", "must be modelled: give the study people"))
        labels, place = self._labels(by)
        counts = np.zeros((len(labels), BINS))
        np.add.at(counts, place, self.arrays[name].sum(axis=0))
        marks: dict[str, list[float]] = {label: [] for label in labels}
        for group, at in zip(self.study.units, place, strict=True):
            for phase in self.layout.phases:
                rule = self.layout.policy_of(group, phase).minimum_dwell.guidance
                if rule and rule not in marks[labels[at]]:
                    marks[labels[at]].append(rule)
        return pictures.histograms(
            counts={label: row for label, row in zip(labels, counts, strict=True) if row.any()},
            edges=np.array([float(edge * BIN_DAYS) for edge in range(BINS + 1)]),
            marks=marks,
            unit="days at home",
            title=title,
            source=self.source_line,
        )

    def stress(self, by: By = "component", *, title: str = "Share of days away, by unit") -> Figure:
        """Return histograms of the share of all days that a unit was away."""
        needed("stress()", "matplotlib")
        labels, place = self._labels(by)
        counts = np.zeros((len(labels), STRESS_BINS))
        np.add.at(counts, place, self.arrays["stress"].sum(axis=0))
        return pictures.histograms(
            counts={label: row for label, row in zip(labels, counts, strict=True) if row.any()},
            edges=np.array([edge / STRESS_BINS for edge in range(STRESS_BINS + 1)], dtype=np.float64),
            marks={},
            unit="share of days",
            title=title,
            source=self.source_line,
        )
