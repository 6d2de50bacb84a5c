"""All that a result holds, laid open: for tests of who does the work, which must not change any of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from forcesim.expression import parse

if TYPE_CHECKING:
    import forcesim as fs


def everything(result: fs.Result) -> dict[str, Any]:
    """Return every number, name and label of a result as plain data; arrays as their type, shape and bytes."""
    found: dict[str, Any] = {
        "manifest": result.manifest.to_json(),
        "outcomes": list(result.outcomes.items()),
        "months": result.timeline.labels,
        "rows": list(result.row_index.items()),
        "kept": list(result.kept),
        "reached": result.reached,
    }
    for name, values in result.summary_.arrays().items():
        found[f"summary {name}"] = _plain(values)
    for name, values in result.kept.items():
        found[f"kept {name}"] = _plain(values)
        if not isinstance(values, np.ndarray):
            stored = result.stored(name)
            nations = stored.coords["nation"].values.tolist() if "nation" in stored.coords else []
            found[f"stored {name}"] = (_plain(stored.values), stored.attrs, stored.dims, nations)
    for name, values in result.dataset.items():
        found[f"dataset {name}"] = (_plain(values.values), values.attrs, values.dims)
    return found


def _plain(values: Any) -> tuple[str, tuple[int, ...], bytes]:
    array = np.ascontiguousarray(values)
    return array.dtype.str, array.shape, array.tobytes()


def assert_same(one: fs.Result, other: fs.Result) -> None:
    """Check that two results hold the same, and that both say so."""
    mine, others = everything(one), everything(other)
    assert mine.keys() == others.keys()
    assert [name for name in mine if mine[name] != others[name]] == []
    assert one.same_bits(other)
    assert one.manifest.digest == other.manifest.digest


def assert_names_fit(result: fs.Result) -> None:
    """Check that kept paths are those of the outcome whose name they bear, by the summary and by the events.

    Two results that agree may both be wrong; the summary is made in another way than kept paths are.
    """
    for name, values in result.kept.items():
        whole = np.asarray(values, dtype=float)
        for place, nation in enumerate(result.outcomes[name].nations or (None,)):
            own = whole if nation is None else whole[:, place]
            row = result.row_index[name, nation]
            np.testing.assert_array_equal(own.min(axis=1), result.summary_.least()[:, row], f"{name}[{nation}]")
            np.testing.assert_array_equal(own.max(axis=1), result.summary_.most()[:, row], f"{name}[{nation}]")
            mean = result.summary_.mean()[:, row]
            np.testing.assert_allclose(own.mean(axis=1), mean, rtol=1e-9, atol=1e-9, err_msg=f"{name}[{nation}]")
    for text, event in result.summary_.events.items():
        if {name for name, _ in parse(text, result.vocabulary).names} <= result.kept.keys():
            true = result.history(text)
            np.testing.assert_array_equal(true.sum(axis=1), event.holds, text)
