"""The outcomes of a run, and everything that can be asked of them."""

from __future__ import annotations

import dataclasses
import math
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from forcesim.arguments import place, text
from forcesim.arguments import shares as shares_of
from forcesim.arrays import Floats
from forcesim.errors import Fault, ResultError
from forcesim.expression import Vocabulary, parse
from forcesim.extras import needed
from forcesim.formula import bracketed
from forcesim.outcome import NATION, Outcome, nation_axes
from forcesim.paths import has_key
from forcesim.question import Question
from forcesim.result import storage
from forcesim.result.estimate import NORMAL_95, Estimate
from forcesim.result.followed import Followed
from forcesim.result.headline import bill, filling
from forcesim.result.inputs import inputs_of
from forcesim.view.tables import Quotable

if TYPE_CHECKING:
    import datetime as dt
    import os
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure

    from forcesim.expression import Expression, Key
    from forcesim.manifest import Manifest
    from forcesim.processes.process import Process
    from forcesim.result.headline import Bill, Filling
    from forcesim.summary import Summary
    from forcesim.timeline import Timeline

__all__ = ["Result", "digest"]

SHARES = np.array([0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95])
"""Quantiles that stand in a dataset for paths that are not kept."""


class Result(Followed, Quotable):
    """The outcomes of a run.

    Parameters
    ----------
    manifest : Manifest
        What made it.
    outcomes : sequence of Outcome
        The outcomes that it holds.
    timeline : Timeline
        Month 0 is the opening balance.
    summary : Summary
        Over the recorded rows.
    row_index : mapping of (outcome, nation or None) to recorded row
        Where each of them stands in the summary.
    kept : mapping of outcome to array
        Paths that are kept, in memory or on disk: (month, path), or (month, nation, path) for an outcome of nations.
    processes : tuple of type of Process
        The caller's own that the run had.
    unrecorded : sequence of str
        Outcomes that the run knows and did not record.

    Notes
    -----
    Made by :func:`forcesim.simulate`; read back by :meth:`open`.
    """

    def __init__(
        self,
        manifest: Manifest,
        outcomes: Sequence[Outcome],
        timeline: Timeline,
        summary: Summary,
        row_index: Mapping[Key, int],
        kept: Mapping[str, npt.NDArray[Any]],
        processes: Iterable[type[Process]] = (),
        unrecorded: Sequence[str] = (),
    ) -> None:
        """Hold what the engine filled."""
        self.unrecorded = tuple(unrecorded)
        self._manifest, self._processes = manifest, tuple(processes)
        self.outcomes = {outcome.name: outcome for outcome in outcomes}
        self.timeline, self.summary_, self.row_index, self.kept = timeline, summary, dict(row_index), dict(kept)

    @cached_property
    def manifest(self) -> Manifest:
        """What makes this result again; the hash over its numbers is taken when first asked for."""
        if self._manifest.digest:
            return self._manifest
        return dataclasses.replace(self._manifest, digest=digest(self))

    @cached_property
    def inputs(self) -> pd.DataFrame:
        """Every uncertain number as it was drawn, (path, number): a column is called by its path in the scenario.

        It is drawn again when first asked for, to the bits of the run, whatever was kept. ResultError if the run had
        processes of your own and :meth:`open` was not given them.
        """
        return inputs_of(self._manifest, self._processes)

    def parts(self, manifest: Manifest | None = None) -> storage.Parts:
        """Return the parts of the result, with the manifest as it was given unless there is another."""
        outcomes = list(self.outcomes.values())
        return storage.Parts(
            manifest or self._manifest, outcomes, self.timeline, self.summary_, self.row_index, self.kept
        )

    @property
    def _z(self) -> float:
        """Return the half-width of intervals in standard errors: more where the run stopped at one of several looks."""
        return float(self._manifest.options.get("interval_z", NORMAL_95))

    @property
    def reached(self) -> bool | None:
        """Return whether the precision that the run was to go on for is reached; None if there was none."""
        until = self._manifest.options.get("until")
        if until is None:
            return None
        if "chance" in until:
            found = self.chance(until["chance"], by=until.get("by"), at=until.get("at"))
        else:
            found = self.mean(until["mean"], at=until.get("at", self.timeline.last))
        return max(found.high - found.value, found.value - found.low) <= float(until["half_width"])

    @cached_property
    def _mean(self) -> Floats:
        return self.summary_.mean()

    @cached_property
    def _certain(self) -> bool:
        """Return whether neither chance nor an uncertain number enters: then every path is the same."""
        from forcesim.quantities.distributions import KINDS

        in_force = {key: part for key, part in self._manifest.scenario.items() if key != "policies"}
        return in_force.get("noise") is False and not has_key(in_force, KINDS)

    @cached_property
    def _variance(self) -> Floats:
        """Return the variance over the paths, (month, row): unknown from one path, unless every path is the same."""
        found = self.summary_.variance()
        return np.full_like(found, math.nan) if self.paths == 1 and not self._certain else found

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """Return what an expression may name: the outcomes that the result holds, the scenario's groups, its months."""
        terms = {name: outcome.term for name, outcome in self.outcomes.items()}
        return Vocabulary(terms, self._manifest.scenario.get("groups"), self.timeline, self.unrecorded)

    def mean(
        self,
        outcome: str,
        *,
        at: str | dt.date | int,
        nation: str | None = None,
        given: str | None = None,
        since: str | None = None,
    ) -> Estimate:
        """Return the mean of an outcome or an expression in a month, with its error.

        Parameters
        ----------
        outcome : str
            ``"gap"``, ``"strength[UKR]"``, ``"sum(strength)"``. All but a single outcome needs kept paths.
        at : str, date or int
            The month.
        nation : str, optional
            Of an outcome by nation.
        given : str, optional
            True or false: the mean over the paths on which it is true in that month.
        since : str, optional
            True or false: ``at`` is a number of months, counted on each path from the first in which this is true.
            Paths on which it never is, or that end before, are left out.

        Returns
        -------
        Estimate
            Unknown if no path counts; ``note`` says how many are left out.
        """
        if not _is_one(outcome) or given is not None or since is not None:
            asked = Question(self._text(outcome, nation), at=at, given=given, since=since).check(self.vocabulary)
            if asked.expression.is_event:
                raise ResultError(Fault(repr(outcome), "must be a number", "", f"chance({outcome!r}, at=...)"))
            return self._estimated(asked)
        key, month = self._key(outcome, nation), self._month("at", at)
        row = self.row_index[key]
        variance = float(self._variance[month, row])
        unit = self.outcomes[key[0]].unit
        return Estimate.of_moments(
            float(self._mean[month, row]), variance, self.paths, unit, self._z, certain=self._certain
        )

    def _text(self, outcome: str, nation: str | None = None) -> str:
        """Return an outcome or expression as an expression, the nation in it."""
        if _is_one(outcome):
            name, of = self._key(outcome, nation)
            return name if of is None else f"{name}[{bracketed(of)}]"
        if nation is not None:
            raise ResultError(Fault("nation", "must stand in the expression", repr(nation), "strength[UKR] / 2, say"))
        return outcome

    def standard_deviation(self, outcome: str, *, at: str | dt.date | int, nation: str | None = None) -> float:
        """Return how far an outcome spreads over the paths in a month, in its unit; nan from one path."""
        row = self.row_index[self._key(outcome, nation)]
        return math.sqrt(float(self._variance[self._month("at", at), row]))

    def quantiles(
        self,
        outcome: str,
        shares: float | Sequence[float] = (0.1, 0.5, 0.9),
        nation: str | None = None,
        *,
        given: str | None = None,
    ) -> xr.DataArray:
        """Return quantiles of an outcome or an expression over the paths.

        Parameters
        ----------
        outcome : str
            ``"gap"``; ``"strength[UKR]"`` or ``nation="UKR"`` for one nation, else all of them; or an expression.
        shares : float or sequence of float
            In (0, 1).
        given : str, optional
            True or false: in each month over the paths on which it is true then; nan where there is none.

        Returns
        -------
        DataArray (quantile, month) or (quantile, month, nation)
            In the outcome's unit; exact where the paths are kept in memory, else within 0.4 %.
        """
        import xarray as xr

        q = np.array(shares_of("shares", shares))
        found, panels = self._panels(outcome, nation, q, given)
        coordinates: dict[str, Any] = {"quantile": q, "month": list(self.timeline.labels)}
        values, *others = panels.values()
        if _is_one(outcome) and "[" not in outcome and nation is None and found.nations:
            values = np.stack([values, *others], axis=-1)
            coordinates["nation"] = list(panels)
        attributes = {"units": found.unit, "long_name": found.meaning}
        return xr.DataArray(values, coords=coordinates, dims=list(coordinates), name=found.name, attrs=attributes)

    def _panels(
        self, outcome: str, nation: str | None, shares: Floats, given: str | None
    ) -> tuple[Outcome, dict[str, Floats]]:
        """Return an outcome or expression, and by nation (or nothing) its quantiles, (share, month)."""
        outcome = text("outcome", outcome)
        if not _is_one(outcome):
            parsed = parse(self._text(outcome, nation), self.vocabulary)
            if parsed.is_event:
                raise ResultError(Fault(repr(outcome), "must be a number", "", f"chance({outcome!r}, by=...)"))
            kinds = {self.outcomes[name].kind for name, _ in parsed.names}
            kind = "flow" if "flow" in kinds else "indicator"
            found = Outcome(str(parsed), self._unit(parsed), str(parsed), "world", kind=kind)
            return found, {"": self._spread(parsed, shares, given)}
        every = "[" not in outcome and nation is None and self._outcome(outcome).nations
        keys = [(self._outcome(outcome).name, one) for one in every] if every else [self._key(outcome, nation)]
        found = self.outcomes[keys[0][0]]
        if given is None:
            return found, {one or "": self._quantiles((name, one), shares) for name, one in keys}
        texts = {one or "": self._text(name, one) for name, one in keys}
        return found, {one: self._spread(parse(t, self.vocabulary), shares, given) for one, t in texts.items()}

    def _spread(self, parsed: Expression, shares: Floats, given: str | None) -> Floats:
        """Return quantiles of an expression on the kept paths, (share, month): of those on which ``given`` is true."""
        condition = None if given is None else self._event(given, "given")
        values, true = list[Floats](), list[npt.NDArray[np.bool_]]()
        for piece in self._pieces({*parsed.names, *(condition.names if condition else ())}):
            values.append(parsed.evaluate(piece))
            true.append(condition.evaluate(piece) if condition else np.ones(values[-1].shape, dtype=np.bool_))
        found = np.full((len(shares), self.timeline.months), math.nan)
        for month, (one, these) in enumerate(zip(np.hstack(values), np.hstack(true), strict=True)):
            if these.any():
                found[:, month] = np.quantile(one[these], shares, method="inverted_cdf")
        return found

    def _quantiles(self, key: Key, shares: Floats, months: slice = slice(None)) -> Floats:
        """Return quantiles, (share, month)."""
        if isinstance(self.kept.get(key[0]), np.ndarray):
            values = self._paths_of(key)[months]
            return np.asarray(np.quantile(values, shares, axis=1, method="inverted_cdf"), dtype=np.float64)
        return self.summary_.quantiles(shares, self.row_index[key])[months].T.copy()

    def summary(self, *, at: str | dt.date | int | None = None) -> pd.DataFrame:
        """Return every outcome in a month (the horizon if none is given): mean, error, 10, 50 and 90 %."""
        import pandas as pd

        month, rows = self._month("at", self.timeline.last if at is None else at), []
        shares = np.array([0.1, 0.5, 0.9])
        for (name, nation), row in self.row_index.items():
            low, middle, high = self._quantiles((name, nation), shares, slice(month, month + 1))[:, 0]
            mean, variance = self._mean[month, row], self._variance[month, row]
            error = math.sqrt(variance / self.paths)
            unit = self.outcomes[name].unit
            rows.append((name, nation or "", unit, mean, error, low, middle, high))
        names = ["outcome", "nation", "unit", "mean", "error", "q10", "q50", "q90"]
        return pd.DataFrame(rows, columns=names).set_index(["outcome", "nation"])

    @cached_property
    def dataset(self) -> xr.Dataset:
        """Return all outcomes with units: (month, nation, path) where paths are kept, else (month, nation, quantile).

        Each outcome has its own nations and the type that its paths are kept in. Outcomes of the same nations share an
        axis. Unlike axes are called ``nation_...`` in the dataset, and ``nation`` in the outcome that is taken out.
        The paths are those of :attr:`kept`, not copied; those on disk stay there: :meth:`stored` has them.
        ``<outcome>_mean`` and ``<outcome>_error`` stand beside each.
        """
        from forcesim.result.labelled import Dataset

        axes, found = nation_axes(self.outcomes.values()), dict[str, tuple[list[str], npt.NDArray[Any], Any]]()
        places: dict[str, Any] = {"month": list(self.timeline.labels)}
        for outcome in self.outcomes.values():
            rows = [self.row_index[outcome.name, nation] for nation in outcome.nations or (None,)]
            shape = (self.timeline.months, len(rows)) if outcome.nations else (self.timeline.months,)
            dims = ["month", axes[outcome.name]] if outcome.nations else ["month"]
            about = {"units": outcome.unit, "long_name": outcome.meaning, "kind": outcome.kind}
            if outcome.nations:
                places[axes[outcome.name]] = list(outcome.nations)
            mean, error = self._mean[:, rows], np.sqrt(self._variance[:, rows] / self.paths)
            found |= {
                outcome.name + end: (dims, values.reshape(shape), about)
                for end, values in (("_mean", mean), ("_error", error))
            }
            if isinstance(self.kept.get(outcome.name), np.ndarray):
                found[outcome.name] = [*dims, "path"], self.kept[outcome.name], about
            else:
                places["quantile"] = SHARES
                keys: list[Key] = [(outcome.name, nation) for nation in outcome.nations or (None,)]
                values = np.stack([self._quantiles(key, SHARES).T for key in keys], axis=1)
                found[outcome.name] = [*dims, "quantile"], values.reshape(*shape, len(SHARES)), about
        about = {"title": self._manifest.scenario.get("title", ""), "scenario": self._manifest.scenario.get("name", "")}
        return Dataset(found, places, {**about, "policies": ", ".join(self._manifest.policies), "paths": self.paths})

    def stored(self, outcome: str) -> xr.DataArray:
        """Return the paths of an outcome that ``keep="zarr"`` wrote, read from disk only as they are asked for.

        Parameters
        ----------
        outcome : str
            One of the result's.

        Returns
        -------
        DataArray (month, path) or (month, nation, path)
            In the outcome's unit.

        Raises
        ------
        ResultError
            If its paths were not kept on disk.
        """
        import xarray as xr

        found, values = self._outcome(outcome), self.kept.get(outcome)
        folder = getattr(getattr(values, "store", None), "root", None)
        if folder is None:
            remedy = "simulate(..., keep='zarr', store='paths.zarr')"
            raise ResultError(Fault(outcome, "must have its paths on disk", "", remedy))
        array = xr.open_zarr(str(folder), chunks=None, consolidated=False)[outcome]
        if found.nations:
            array = array.rename({array.dims[1]: NATION}).assign_coords({NATION: list(found.nations)})
        whole: xr.DataArray = array.assign_coords(month=list(self.timeline.labels))
        return whole

    def to_dataframe(self, outcome: str) -> pd.DataFrame:
        """Return one outcome in long form: a row a month (and nation), with mean, error and quantiles or paths."""
        import xarray as xr

        self._outcome(outcome)
        names = [outcome, f"{outcome}_mean", f"{outcome}_error"]
        return xr.Dataset({name: self.dataset[name] for name in names}).to_dataframe()

    def waterfall(self, *, at: str | dt.date | int, given: str | None = None) -> Filling:
        """Return what fills the gap of 500,000 in a month, by means; ``.figure()`` draws it.

        See :func:`forcesim.result.headline.filling`. Needs ``strength``, ``contingent``, ``quality`` and, where allies
        raise forces, ``deployable`` kept.
        """
        return filling(self, at=at, given=given)

    def bill(self, *, year: int | str, payers: Mapping[str, Sequence[str]] | None = None) -> Bill:
        """Return who pays how much in a year, interest included; see :func:`forcesim.result.headline.bill`."""
        return bill(self, year=year, payers=payers)

    def fan(
        self,
        outcome: str,
        *,
        nation: str | None = None,
        quantiles: float | Sequence[float] = (0.05, 0.25, 0.5, 0.75, 0.95),
        given: str | None = None,
    ) -> Figure:
        """Return a fan chart of an outcome or expression: bands between the given quantiles, and the median.

        A flow begins in month 1: nothing flows in the opening balance. With ``given``, something true or false, each
        month shows the paths on which that is true then. Needs the extra ``forcesim[plot]``.
        """
        from forcesim.view.fan import fan_panels

        needed("fan()", "matplotlib")
        shares = sorted(shares_of("quantiles", quantiles))
        found, panels = self._panels(outcome, nation, np.array(shares), given)
        first = 1 if found.kind == "flow" else 0
        of = next(iter(panels)) if len(panels) == 1 else ""
        return fan_panels(
            months=self.timeline.labels[first:],
            panels={one: values[:, first:] for one, values in panels.items()},
            shares=shares,
            title=found.meaning + (f", {of}" if of else "") + (f", given {given}" if given else ""),
            unit=found.unit,
            source=self.source_line,
        )

    @property
    def source_line(self) -> str:
        """Return the line that says where a picture or table comes from."""
        policies = " + ".join(self._manifest.policies) or "as given"
        version = self._manifest.versions.get("forcesim", "")
        name = self._manifest.scenario.get("name", "")
        return f"forcesim {version}: {name}, {policies}; {self.paths:,} paths, seed {self._manifest.seed}"

    def _cells(self) -> list[list[str]]:
        """Return headline outcomes at the start, in the middle and at the end."""
        months = sorted({0, self.timeline.last // 2, self.timeline.last})
        rows = [["outcome", *(self.timeline.labels[m] for m in months), "unit"]]
        keys = [key for key in self.row_index if key[1] is None or len(self.outcomes[key[0]].nations) <= 4]
        for key in keys[:24]:
            low, high = self._quantiles(key, np.array([0.1, 0.9]))
            row = [key[0] if key[1] is None else f"{key[0]}[{key[1]}]"]
            for month in months:
                mean = float(self._mean[month, self.row_index[key]])
                digits = 0 if abs(mean) >= 100 else 3
                row.append(f"{mean:,.{digits}f} ({low[month]:,.{digits}f} to {high[month]:,.{digits}f})")
            rows.append([*row, self.outcomes[key[0]].unit])
        return rows

    def _caption(self) -> str:
        """Return the line above the table."""
        return f"{self.source_line}; mean (10 % to 90 %)"

    def same_bits(self, other: Result) -> bool:
        """Return whether another result holds the same: every number to the last bit, under the same names.

        That is the summary and its events; months, outcomes and nations with their units and labels; and every path
        that is kept, in memory or on disk.
        """
        return (
            (self.outcomes, self.timeline, self.row_index) == (other.outcomes, other.timeline, other.row_index)
            and digest(self) == digest(other)
            and self.kept.keys() == other.kept.keys()
            and all(storage.same_arrays(values, other.kept[name]) for name, values in self.kept.items())
        )

    def to_netcdf(self, path: str | os.PathLike[str]) -> None:
        """Write the result to a NetCDF file (extra ``forcesim[netcdf]``); :meth:`open` reads it back without loss.

        An existing file is replaced only when all is written; a link stays, and ``~`` stands for the home folder.

        Raises
        ------
        FileError
            If the file cannot be written; an existing one then stays as it was.
        """
        storage.write(self.parts(self.manifest), place("path", path))

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, processes: Iterable[type[Process]] = ()) -> Result:
        """Return the result that a NetCDF file holds; ``processes`` of your own serve :attr:`inputs`, if it had any.

        Raises
        ------
        ResultError
            If the file was not written by :meth:`to_netcdf`, was changed or damaged since, or is locked.
        """
        return cls(*storage.read(place("path", path)), processes)


def digest(result: Result) -> str:
    """Return a hash over all that is summarised, and over the names under which it stands; kept paths are not in it."""
    return storage.digest(result.parts())


def _is_one(outcome: str) -> bool:
    """Return whether a text is a single outcome, ``gap`` or ``strength[UKR]``, and not an expression over some."""
    return re.fullmatch(r"\s*\w+\s*(\[[^\[\]]*\])?\s*", text("outcome", outcome)) is not None
