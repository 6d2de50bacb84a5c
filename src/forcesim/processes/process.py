"""What a process is: its declarations, and its laws in the order of the month."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from forcesim.processes.columns import Section
from forcesim.processes.context import Context
from forcesim.processes.draws import Draw

if TYPE_CHECKING:
    from forcesim.state import Read, Series

__all__ = ["Context", "Draw", "Process", "Section"]


class Process:
    """One mechanism of the model: what it reads, writes and draws, and its laws.

    A process lists its laws in ``month`` (see :mod:`forcesim.processes.laws`). Or it is written in NumPy, and defines
    ``start``, which writes month 0 (the opening balance), and ``step``, which writes one month.

    Class attributes
    ----------------
    name : str
        The process's name; part of the address of its draws.
    section : str
        The key of its parameters in a scenario (``nations.UKR.<section>`` and ``<section>``).
    Common : type of Section, optional
        Parameters that all nations share.
    Parameters : type of Section, optional
        Parameters of one nation; the process runs for the nations that have the section.
        A process without it is of world scope and has one column.
    replaces : bool
        Whether it stands in for the built-in process of the same name. It must write every series that others read.
    reads, writes, draws : tuple
        Its declarations; the month's order is made from them.
    opening, month : tuple
        Its laws: of month 0, beyond what starts at the parameter of its own name, and of each month, in order.
    """

    name: ClassVar[str]
    section: ClassVar[str]
    replaces: ClassVar[bool] = False
    Common: ClassVar[type[Section] | None] = None
    Parameters: ClassVar[type[Section] | None] = None
    reads: ClassVar[tuple[Read, ...]] = ()
    writes: ClassVar[tuple[Series, ...]] = ()
    draws: ClassVar[tuple[Draw, ...]] = ()
    opening: ClassVar[tuple[Any, ...]] = ()
    month: ClassVar[tuple[Any, ...]] = ()

    def uses(self, draw: Draw, slot: int, section: Section | None) -> bool:  # noqa: ARG002 - for those who override it
        """Return whether a nation with this section ever uses a slot of a draw; what is not used is not drawn."""
        return True

    def start(self, context: Context) -> None:
        """Write month 0 of every series; for a process without laws."""
        raise NotImplementedError

    def step(self, context: Context, month: int) -> None:
        """Write one month of every series; for a process without laws."""
        raise NotImplementedError
