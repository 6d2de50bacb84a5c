"""Rules in a block: where each has been true for long enough, and from which month its settings take effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forcesim.arrays import Floats, Ints
    from forcesim.ruled import Ruled

__all__ = ["Ruling"]


class Ruling:
    """The rules of a plan on some paths.

    Parameters
    ----------
    rules : sequence of Ruled
        Of the plan.
    paths : int
        Of the block.

    Attributes
    ----------
    masks : dict of name to float64 (path,)
        1 where each rule is in effect, else 0.
    rows : int64 (row,)
        What is written: a row for each rule, and the cost of all.
    """

    def __init__(self, rules: Sequence[Ruled], paths: int) -> None:
        """Begin with none in effect."""
        self.rules = rules
        self.masks = {rule.name: np.zeros(paths) for rule in rules}
        self._since = np.zeros((len(rules), paths), dtype=np.int64)
        self._from = np.full((len(rules), paths), np.iinfo(np.int64).max)
        self.rows: Ints = np.array([*(rule.row for rule in rules), *{rule.cost_row for rule in rules}], dtype=np.int64)

    def month(self, month: int, state: Floats) -> bool:
        """Begin a month: look at the state that the month before left, and write which rules are in effect.

        Month 0 is the opening balance, before which there is nothing to look at. Return whether a rule begins anywhere.
        """
        if month == 0:
            return False
        begun = False
        cost = np.zeros(state.shape[1])
        for place, rule in enumerate(self.rules):
            since, begin, mask = self._since[place], self._from[place], self.masks[rule.name]
            if month > rule.after:
                true = np.asarray(
                    rule.when.evaluate({key: state[row] for key, row in rule.rows.items()}), dtype=np.bool_
                )
                since[:] = np.where(true, since + 1, 0)
                np.minimum(begin, month + rule.delay, out=begin, where=since >= rule.months)
            begun = begun or bool((begin == month).any())
            mask[:] = begin <= month
            state[rule.row] = mask
            cost += rule.cost * mask
            state[rule.cost_row] = cost
        return begun
