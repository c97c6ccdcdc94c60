"""Names of the dimensions of labelled arrays, written once."""

from __future__ import annotations

from typing import Final

SEED: Final = "seed"
OTHER_SEED: Final = "other_seed"
INSTANCE: Final = "instance"
FEATURE: Final = "feature"
OUTPUT: Final = "output"
CANDIDATE: Final = "candidate"
CATEGORY: Final = "category"
STEP: Final = "step"
BACKGROUND_ROW: Final = "background_row"
TOKEN: Final = "token"
QUERY: Final = "query"
LAYER: Final = "layer"
HEAD: Final = "head"
CHANNEL: Final = "channel"
ROW: Final = "row"
COLUMN: Final = "column"
