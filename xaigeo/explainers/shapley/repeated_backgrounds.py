"""A Shapley method repeated against background rows drawn anew."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from xaigeo.explainers.base import Arrays, Block, Engine, run_block
from xaigeo.explainers.blocks.streams import repeat_seed
from xaigeo.explainers.shapley.reference_rows import ReferenceRows
from xaigeo.explainers.shapley.shapley import ShapleyExplainer


def over_backgrounds(
    once: ShapleyExplainer, block: Block, n_repeats: int, engine: Engine
) -> Arrays:
    """Return the mean of repeats that each draw background rows of their own.

    A mean of additive explanations is additive, so base values are averaged too.

    Parameters
    ----------
    once : ShapleyExplainer
        Draws rows, and whatever else it draws, from the seeds of its block.
    block : Block
    n_repeats : int
        Two or more.
    engine : {"batched", "upstream"}
        Only "batched" comes with `std_error`: the standard deviation between repeats over the
        root of their number.
    """
    blocks = [_of_repeat(block, repeat) for repeat in range(n_repeats)]
    found = [run_block(once, one, engine) for one in blocks]
    attribution = np.stack([one["attribution"] for one in found])
    rows = ReferenceRows(np.vstack([once.references(one).rows for one in blocks]))
    players = once.players(block.ensemble)
    answer = {
        "attribution": attribution.mean(axis=0),
        "base_value": np.mean([one["base_value"] for one in found], axis=0),
        "explained_value": found[0]["explained_value"],
        "feature_location": players.of_columns(rows.location),
        "feature_scale": players.of_columns(rows.scale),
    }
    if engine == "batched":
        answer["std_error"] = attribution.std(axis=0, ddof=1) / np.sqrt(n_repeats)
    return answer


def _of_repeat(block: Block, repeat: int) -> Block:
    return replace(
        block,
        seeds=[repeat_seed(seed, repeat) for seed in block.seeds],
        shared_seed=repeat_seed(block.shared_seed, repeat),
    )
