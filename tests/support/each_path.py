"""Check that a parameter that differs between paths acts on each path as it would alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from forcesim.processes.columns import all_columns, entries
from forcesim.quantities import Value
from tests.support.alone import run_alone

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forcesim.processes.process import Process, Section


def assert_each_path_has_its_own(
    process: Process, nations: Mapping[str, Section], common: Section, *, idle: tuple[str, ...] = (), **arguments: Any
) -> None:
    """Vary each parameter on the second of two paths; ``idle`` names those that need not show in what is written."""
    kind = type(process)
    first = next(iter(nations.values()))
    found = [*entries(kind.Common, common), *entries(kind.Parameters, first)]  # type: ignore[arg-type]
    alone = run_alone(process, nations, common, paths=2, **arguments)
    paths = [column.path for column in all_columns(kind.Common, kind.Parameters)]
    for (column, entry), path in zip(found, paths, strict=True):
        value = entry.centre if isinstance(entry, Value) else entry
        if path.endswith(".count") or column.words or any(path.startswith(name) for name in idle):
            continue
        other = 0.9 * value if value != 0.0 else 0.05
        mixed = run_alone(process, nations, common, paths=2, per_path={path: np.array([value, other])}, **arguments)
        both = run_alone(process, nations, common, paths=2, per_path={path: np.array([other, other])}, **arguments)
        moved = False
        for name in alone:
            np.testing.assert_array_equal(mixed[name][..., 1], both[name][..., 1], err_msg=f"{path} in {name}")
            moved |= bool((mixed[name][..., 1] != alone[name][..., 1]).any())
        assert moved, f"{path} moves nothing"
        same = run_alone(process, nations, common, paths=2, per_path={path: np.array([value, value])}, **arguments)
        if len(nations) == 1:
            for name in alone:
                np.testing.assert_array_equal(same[name], alone[name], err_msg=f"{path} in {name}")
