"""Extras: packages that only some calls need. A call that needs one asks for it before it works."""

from __future__ import annotations

import importlib
from typing import Any

from forcesim.errors import Fault, ResultError

__all__ = ["EXTRAS", "needed"]

EXTRAS = {
    "matplotlib": "plot",
    "h5netcdf": "netcdf",
    "h5py": "netcdf",
    "zarr": "zarr",
    "distributed": "cluster",
    "scoringrules": "evidence",
    "statsmodels": "evidence",
    "SALib": "sensitivity",
    "ema_workbench": "ema",
    "sklearn": "ema",
}
"""Packages, and the extra that brings each; the same as in pyproject.toml."""


def needed(what: str, *packages: str) -> Any:
    """Import the packages that a call needs, and return the first.

    Parameters
    ----------
    what : str
        The call or argument that needs them, as a message names it.
    *packages : str
        Names of :data:`EXTRAS`, or of modules within them.

    Raises
    ------
    ResultError
        If one cannot be imported; it names the extra to install.

    Examples
    --------
    >>> needed("figure()", "matplotlib").__name__
    'matplotlib'
    """
    found = []
    for module in packages:
        package = module.partition(".")[0]
        try:
            found.append(importlib.import_module(module))
        except ImportError as error:
            rule, remedy = f"needs the package {package}", f"pip install 'forcesim[{EXTRAS[package]}]'"
            # a package that is there and broken says why itself
            said = "" if getattr(error, "name", None) in (None, package, module) else str(error)
            raise ResultError(Fault(what, rule, said, remedy)) from error
    return found[0]
