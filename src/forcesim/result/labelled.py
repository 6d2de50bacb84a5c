"""Outcomes as one xarray dataset in which each keeps nations of its own."""

from __future__ import annotations

from typing import Any

import xarray as xr

from forcesim.errors import Fault, ResultError
from forcesim.outcome import NATION

__all__ = ["Dataset"]


def _alone(found: Any) -> Any:
    """Return an outcome with its axis of nations called ``nation``; anything else as it is."""
    if not isinstance(found, xr.DataArray) or found.name in found.coords or NATION in (*found.dims, *found.coords):
        return found
    axes = [axis for axis in found.dims if str(axis).startswith(f"{NATION}_")]
    return found.rename({axes[0]: NATION}) if len(axes) == 1 else found


class Dataset(xr.Dataset):  # type: ignore[no-untyped-call]
    """A dataset whose axes of nations are called ``nation_...`` where nations differ.

    A dataset has one axis of a name, so unlike nations need unlike names in it. One outcome that is taken out has only
    its own: ``dataset["strength"]`` and ``dataset.strength`` call it ``nation``. All that xarray computes from the
    dataset as a whole is an ordinary dataset, with the axes as they are called here.

    Examples
    --------
    >>> apart = Dataset({"gdp": ("nation_gdp", [1.0, 2.0])}, {"nation_gdp": ["DEU", "UKR"]})
    >>> float(apart["gdp"].sel(nation="UKR")), apart[["gdp"]].sizes["nation_gdp"]
    (2.0, 2)
    """

    __slots__ = ()

    def __getitem__(self, key: Any) -> Any:
        """Return one outcome with its axis called ``nation``, or a dataset of several."""
        return _alone(super().__getitem__(key))

    def __getattr__(self, name: str) -> Any:
        """Return an outcome by its name, as ``dataset[name]`` does."""
        return _alone(super().__getattr__(name))

    @classmethod
    def _construct_direct(cls, *parts: Any, **more: Any) -> Any:
        """Return an ordinary dataset: xarray's own steps (concat, groupby) take single variables and put them back."""
        return xr.Dataset._construct_direct(*parts, **more)  # noqa: SLF001 - there is no public door

    def _ordinary(self) -> xr.Dataset:
        """Return the same as an ordinary dataset, nothing copied."""
        names = list(super().data_vars)
        return xr.Dataset({name: self.variables[name] for name in names}, self.coords, self.attrs)

    @property
    def data_vars(self) -> Any:
        """Return the outcomes with the dataset's own axes: xarray computes with these."""
        return self._ordinary().data_vars

    def items(self) -> Any:
        """Return names and outcomes with the dataset's own axes: xarray merges by these."""
        return self.data_vars.items()

    def values(self) -> Any:
        """Return the outcomes with the dataset's own axes."""
        return self.data_vars.values()

    def to_dict(self, *arguments: Any, **options: Any) -> Any:
        """Return plain data, with the dataset's own axes."""
        return self._ordinary().to_dict(*arguments, **options)

    def to_dataframe(self, *arguments: Any, **options: Any) -> Any:
        """Return one table of all, if all have the same nations."""
        return self._of_one_shape().to_dataframe(*arguments, **options)

    def to_dataarray(self, *arguments: Any, **options: Any) -> Any:
        """Return one array of all, if all have the same nations."""
        return self._of_one_shape().to_dataarray(*arguments, **options)

    to_array = to_dataarray

    def _of_one_shape(self) -> xr.Dataset:
        """Refuse what would lay out every nation of one axis against every nation of the others."""
        axes = [str(axis) for axis in self.dims if str(axis).startswith(f"{NATION}_")]
        if len(axes) > 1:
            remedy = "take one outcome: result.to_dataframe('...'), or dataset['...']"
            raise ResultError(Fault("dataset", "must have one axis of nations for this", ", ".join(axes), remedy))
        return self._ordinary()
