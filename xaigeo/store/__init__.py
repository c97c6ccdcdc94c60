"""Explanations on disk: numeric arrays in zarr, everything else in a JSON manifest."""

from xaigeo.store.checks import check_digest, load_check, save_check
from xaigeo.store.evaluation import load_evaluation, save_evaluation
from xaigeo.store.reading import load, verify_store
from xaigeo.store.writing import digest, save_explanation

__all__ = [
    "check_digest",
    "digest",
    "load",
    "load_check",
    "load_evaluation",
    "save_check",
    "save_evaluation",
    "save_explanation",
    "verify_store",
]
