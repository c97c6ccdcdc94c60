"""How the instances of a call are cut: into blocks, and blocks into tasks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

# A call makes no more tasks than this: what a task costs beside its work (half a millisecond to
# some milliseconds for sending, and a file where results are stored) stays small, and a killed
# run loses a thousandth of its work for each task in flight.
MOST_TASKS = 1024


@dataclass(frozen=True)
class Cut:
    """A call's instances in blocks of nearly one size, consecutive blocks in tasks.

    The cut is the same for any number of workers, with a progress bar or without: a model's
    answer to a row depends, in the last bit, on the rows that are asked with it. What is in a
    block matters to the numbers; what is in a task does not.

    Attributes
    ----------
    n_rows : int
    block_rows : int
        The most instances in a block.
    """

    n_rows: int
    block_rows: int

    @property
    def n_blocks(self) -> int:
        """Number of blocks; no rows make one empty block."""
        return max(1, ceil(self.n_rows / self.block_rows))

    @property
    def blocks_a_task(self) -> int:
        """Number of blocks in a task, but for the last."""
        return ceil(self.n_blocks / MOST_TASKS)

    @property
    def n_tasks(self) -> int:
        """Number of tasks."""
        return ceil(self.n_blocks / self.blocks_a_task)

    def start(self, block: int) -> int:
        """Return the first row of a block (or of the end, for the place after the last)."""
        size, longer = divmod(self.n_rows, self.n_blocks)
        return block * size + min(block, longer)

    def task_rows(self, task: int) -> slice:
        """Return the rows of a task."""
        first = task * self.blocks_a_task
        last = min(first + self.blocks_a_task, self.n_blocks)
        return slice(self.start(first), self.start(last))

    def task_blocks(self, task: int) -> Iterator[slice]:
        """Yield the rows of each block of a task."""
        first = task * self.blocks_a_task
        for block in range(first, min(first + self.blocks_a_task, self.n_blocks)):
            yield slice(self.start(block), self.start(block + 1))
