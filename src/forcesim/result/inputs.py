"""The uncertain numbers of a run, as each path drew them.

They are functions of addresses, so nothing of them is kept: whoever asks has them drawn again, to the same bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forcesim.errors import Fault, ForcesimError, ResultError

if TYPE_CHECKING:
    import pandas as pd

    from forcesim.manifest import Manifest
    from forcesim.processes.process import Process

__all__ = ["inputs_of"]


def inputs_of(manifest: Manifest, processes: tuple[type[Process], ...] = ()) -> pd.DataFrame:
    """Return every uncertain number as it was drawn, (path, number).

    Parameters
    ----------
    manifest : Manifest
        Of the run.
    processes : tuple of type of Process
        The caller's own, which the run had.

    Raises
    ------
    ResultError
        If the manifest's scenario cannot be read here.
    """
    import pandas as pd

    from forcesim.scenario import Scenario

    try:
        scenario = Scenario.of(manifest.scenario, processes)
    except ForcesimError as error:
        remedy = "Result.open(path, processes=[...]) with the processes of your own that the run had"
        raise ResultError(
            Fault("inputs", "needs the scenario that the run had", str(error.faults[0]), remedy)
        ) from error
    drawn = scenario.sampler(seed=manifest.seed, paths=manifest.paths)(0, manifest.paths)
    return pd.DataFrame(drawn, index=pd.RangeIndex(manifest.paths, name="path"))
