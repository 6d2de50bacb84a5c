"""What a rotation study tells: outcomes over the replications with their error, as xarray, as tables, as pictures."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from forcesim.errors import Fault, ResultError
from forcesim.expression import Expression, Term, parse
from forcesim.manifest import versions
from forcesim.result import Estimate
from forcesim.result.estimate import NORMAL_95
from forcesim.rotation.layout import FULL
from forcesim.rotation.outcomes import Outcome, category_days, make_outcomes
from forcesim.rotation.people import BIN_DAYS, BINS
from forcesim.rotation.tally import STRESS_BINS, sample_step
from forcesim.rotation.world import BROKEN, CATEGORIES, STATES
from forcesim.view import rotation as pictures
from forcesim.view.tables import html_table, text_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure

    from forcesim.engine import Precision
    from forcesim.rotation.layout import Layout

__all__ = ["RotationResult", "TimeTo"]

Arrays = dict[str, npt.NDArray[Any]]
By = Literal["group", "nation", "component", "type"]

SHOWN = ("unmet_share", "unmet_days", "peak_unmet", "longest_unmet", "full_after", "full_for")


@dataclass(frozen=True, slots=True)
class TimeTo:
    """How long it takes to reach a size.

    Attributes
    ----------
    what : str
        What is reached.
    chance : Estimate
        That it is reached at all.
    days : float64
        Day on which it is reached, of those replications in which it is.
    """

    what: str
    chance: Estimate
    days: npt.NDArray[np.float64]

    @property
    def median(self) -> float | None:
        """Return the day by which half of all replications have reached it; None if half of them never do."""
        missing = self.chance.n - len(self.days)
        ordered = np.sort(np.concatenate([self.days, np.full(missing, np.inf)]))
        middle = float(ordered[(self.chance.n - 1) // 2])
        return middle if np.isfinite(middle) else None

    def __str__(self) -> str:
        """Return it as one says it."""
        if not len(self.days):
            return f"{self.what}: cannot be reached (in none of {self.chance.n:,} replications)"
        span = f"{self.days.min():,.0f} to {self.days.max():,.0f}"
        if self.median is None:
            return f"{self.what}: cannot be reached in most futures (chance {self.chance.value:.2g}); else day {span}"
        often = "" if len(self.days) == self.chance.n else f", reached in {self.chance.value:.0%} of the replications"
        return f"{self.what}: day {self.median:,.0f} in the median ({span}{often})"


class RotationResult:
    """The outcomes of a rotation study over its replications.

    Attributes
    ----------
    study : Rotation
        What was simulated.
    seed, replications : int
        Seed of the draws; how many futures.
    outcomes : mapping of str to Outcome
        Every outcome with unit, meaning and values.
    reached : bool
        Whether the answer that ``until`` named is as precise as wanted (true if there was none).

    Examples
    --------
    >>> from forcesim import rotation
    >>> result = rotation.simulate({
    ...     "days": 1800,
    ...     "policies": {"six in thirty": {"available_from": 720, "tour": 180, "overlap": 10}},
    ...     "units": [{"name": "brigade", "type": "brigade", "count": 6, "policy": "six in thirty"}],
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
        layout: Layout,
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
        self.outcomes: dict[str, Outcome] = make_outcomes(layout, arrays)
        self.reached = until is None or self._precise(until)

    def _precise(self, until: Precision) -> bool:
        """Return whether an answer is as precise as wanted."""
        found = self.chance(until.chance) if until.chance is not None else self.mean(str(until.mean))
        return (found.high - found.low) / 2.0 <= until.half_width

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
        parsed = self._parsed(expression)
        if parsed.is_event:
            raise ResultError(Fault(expression, "must be a number; ask chance(...) for what is true or false"))
        values = self._values(parsed).astype(np.float64)
        missing = int(np.isnan(values).sum())
        if missing:
            rule = "cannot be reached" if missing == len(values) else "is not reached in every replication"
            remedy = "ask time_to(...), or the chance of a comparison, which is false where it is not reached"
            raise ResultError(Fault(expression, rule, f"{missing} of {len(values)} without it", remedy))
        name, label = parsed.names[0]
        unit = self.outcomes[name].unit if expression.strip() in (name, f"{name}[{label}]") else ""
        n = len(values)
        variance = float(values.var(ddof=1)) if n > 1 else 0.0
        return Estimate.of_moments(float(values.mean()), variance, n, unit, self.z)

    def chance(self, expression: str) -> Estimate:
        """Return the chance that a comparison of outcomes is true; what was never reached makes it false."""
        parsed = self._parsed(expression)
        if not parsed.is_event:
            raise ResultError(Fault(expression, "must be true or false: compare it with something"))
        values = self._values(parsed)
        return Estimate.of_count(int(values.sum()), len(values), self.z)

    def quantiles(self, expression: str, shares: Sequence[float]) -> list[float]:
        """Return quantiles over the replications; what was never reached counts as infinite."""
        values = self.values(expression).astype(np.float64)
        ordered = np.sort(np.where(np.isnan(values), np.inf, values))
        return [float(ordered[min(len(ordered) - 1, int(share * len(ordered)))]) for share in shares]

    def time_to(self, demand: str, units: int | None = None) -> TimeTo:
        """Return how long it takes until a demand has so many units for the first time (all of them, by default)."""
        names = [one.name for one in self.study.demands]
        if demand not in names:
            raise ResultError(Fault("demand", "must be one of the study", repr(demand), f"there are {names}"))
        place = names.index(demand)
        if units is None:
            days, what = self.arrays["full"][:, place], f"{demand} in full"
        else:
            reach = self.arrays["reach"]
            if not 1 <= units <= reach.shape[2]:
                raise ResultError(Fault("units", f"must lie in [1, {reach.shape[2]}]", str(units)))
            days, what = reach[:, place, units - 1], f"{demand} with {units} units"
        reached = days[days >= 0].astype(np.float64)
        return TimeTo(what, Estimate.of_count(len(reached), len(days), self.z), reached)

    def first_to_break(self, by: By = "nation", rules: Sequence[str] = BROKEN) -> dict[str, Estimate]:
        """Return the chance of each nation (or group ...) to be the first that breaks a rule; ties count for each."""
        labels, place = self._labels(by)
        unknown = [rule for rule in rules if rule not in BROKEN]
        if unknown or not rules:
            raise ResultError(Fault("rules", f"must be some of {', '.join(BROKEN)}", repr(unknown)))
        days = self.arrays["first_break"][:, [BROKEN.index(rule) for rule in rules]]
        first = np.where(days < 0, np.inf, days).min(axis=1)
        days = np.full((self.replications, len(labels)), np.inf)
        for group, label in enumerate(place):
            days[:, label] = np.minimum(days[:, label], first[:, group])
        earliest = days.min(axis=1, keepdims=True)
        hits = ((days == earliest) & np.isfinite(earliest)).sum(axis=0)
        found = {
            label: Estimate.of_count(int(count), self.replications)
            for label, count in zip(labels, hits, strict=True)
            if count
        }
        return dict(sorted(found.items(), key=lambda item: -item[1].value))

    def _parsed(self, expression: str) -> Expression:
        """Return an expression over the outcomes."""
        vocabulary = {name: Term(outcome.labels) for name, outcome in self.outcomes.items()}
        return parse(expression, vocabulary)

    def _values(self, parsed: Expression) -> npt.NDArray[Any]:
        """Return an expression in every replication."""
        values = {}
        for name, label in parsed.names:
            outcome = self.outcomes[name]
            column = outcome.series if label is None else outcome.series[:, outcome.labels.index(label)]
            values[name, label] = column
        return parsed.evaluate(values)

    def _labels(self, by: By) -> tuple[list[str], npt.NDArray[np.int64]]:
        """Return labels in order of mention, and the place of each group among them."""
        if by not in ("group", "nation", "component", "type"):
            raise ResultError(Fault("by", "must be one of group, nation, component or type", repr(by)))
        of = [group.name if by == "group" else getattr(group, by) for group in self.study.units]
        labels = list(dict.fromkeys(of))
        return labels, np.array([labels.index(name) for name in of], dtype=np.int64)

    # -- tables ----------------------------------------------------------------------------------------------------

    @cached_property
    def dataset(self) -> xr.Dataset:
        """Return everything as xarray: each outcome by replication, the account by group, phase and category."""
        import xarray as xr

        found: dict[str, Any] = {}
        for name, outcome in self.outcomes.items():
            dims = ("replication", outcome.axis) if outcome.axis else ("replication",)
            found[name] = (dims, outcome.series, {"units": outcome.unit, "long_name": outcome.meaning})
        days = {"units": "unit-days"}
        found["account"] = (("replication", "group", "phase", "category"), category_days(self.arrays), days)
        found["state_days"] = (("replication", "group", "phase", "state"), self.arrays["days"], days)
        found["phase_days"] = (("replication", "phase"), self.arrays["phase_days"], {"units": "days"})
        for name in ("asked", "filled", "unmet"):
            values = self.arrays[name] / FULL
            found[f"{name}_by_phase"] = (("replication", "demand", "phase"), values, days)
        departures = {"units": "departures"}
        found["dwell_departures"] = (("replication", "group", "dwell_bin"), self.arrays["dwell"], departures)
        found["stress_units"] = (("replication", "group", "stress_bin"), self.arrays["stress"], {"units": "units"})
        if "personal_dwell" in self.arrays:
            persons = self.arrays["personal_dwell"]
            found["dwell_persons"] = (("replication", "group", "dwell_bin"), persons, {"units": "persons"})
        series = self.arrays["series"]
        for place, (name, scale, unit) in enumerate((
            ("asked_at", FULL, "units"), ("there_at", FULL, "units"), ("persons_at", 1, "persons"),
        )):  # fmt: skip
            found[name] = (("replication", "demand", "day"), series[:, place] / scale, {"units": unit})
        attributes = {"title": self.study.name, "seed": self.seed, "start": self.study.start}
        return xr.Dataset(found, self._coordinates(), attributes)

    def _coordinates(self) -> dict[str, Any]:
        """Return the labels of the dataset's axes."""
        groups = self.study.units
        step = sample_step(self.study.days)
        found: dict[str, Any] = {
            "replication": np.arange(self.replications),
            "demand": [demand.name for demand in self.study.demands],
            "priority": ("demand", [demand.priority for demand in self.study.demands]),
            "group": [group.name for group in groups],
            "phase": list(self.layout.phases),
            "category": list(CATEGORIES),
            "state": list(STATES),
            "rule": list(BROKEN),
            "school": [school.name for school in self.study.schools],
            "dwell_bin": ("dwell_bin", np.arange(BINS) * BIN_DAYS, {"units": "days", "long_name": "from"}),
            "stress_bin": ("stress_bin", np.arange(STRESS_BINS) / STRESS_BINS, {"units": "share of days away"}),
            "day": ("day", np.arange(0, self.study.days, step), {"units": "days"}),
        }
        for key in ("nation", "component", "type"):
            found[key] = ("group", [getattr(group, key) for group in groups])
        if not self.study.schools:
            del found["school"]
        return found

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
                error = float(known.std(ddof=1) / np.sqrt(n)) if n > 1 else 0.0
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

    def unmet_by(self, axis: Literal["priority", "phase"]) -> pd.DataFrame:
        """Return what is asked for and unmet by priority or by phase, means over the replications, in unit-days."""
        import pandas as pd

        asked, unmet = (self.arrays[name].mean(axis=0) / FULL for name in ("asked", "unmet"))
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

    @property
    def _caption(self) -> str:
        n, units = self.replications, len(self.layout.members)
        many = f"{n:,} replication{'s' if n > 1 else ''}"
        return f"{self.study.name}: {units:,} units, {self.study.days:,} days, {many}, seed {self.seed}; means"

    def __repr__(self) -> str:
        """Return the table that one can quote."""
        return text_table(self._cells(), caption=self._caption)

    def _repr_html_(self) -> str:
        """Return the table for a notebook."""
        return html_table(self._cells(), caption=self._caption)

    def same_bits(self, other: RotationResult) -> bool:
        """Return whether another result has the same numbers to the last bit."""
        return (
            self.arrays.keys() == other.arrays.keys()
            and self.spells.keys() == other.spells.keys()
            and all(values.tobytes() == other.arrays[name].tobytes() for name, values in self.arrays.items())
            and all(np.array_equal(table, other.spells[number]) for number, table in self.spells.items())
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
        labels, place = self._labels(by)
        mean = self.arrays["sand"][0] / self.replications
        layers = np.zeros((len(labels), mean.shape[1]))
        wanted = [kind is None or group.type == kind for group in self.study.units]
        for group, row in enumerate(mean):
            layers[place[group]] += row * wanted[group]
        kept = [number for number in range(len(labels)) if layers[number].any()]
        demands = [kind is None or demand.type == kind for demand in self.study.demands]
        asked = (self.arrays["series"][:, 0] / FULL).mean(axis=0)[demands].sum(axis=0)
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

        Raises
        ------
        ResultError
            If the spells of that replication were not kept (``keep=`` of simulate).
        """
        if replication not in self.spells:
            raise ResultError(Fault("replication", "must be one whose spells are kept", str(replication), "keep=..."))
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
        name = "personal_dwell" if persons else "dwell"
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
