"""A whole run from one file: data, training, explanations, audit, report."""

from xaigeo.runs.config import RunConfig, config_from_dict, read_config
from xaigeo.runs.folder import RunFolder
from xaigeo.runs.pipeline import answer_run, audit_run, demo_config, report_run, run
from xaigeo.runs.sources import sources_of_disagreement

__all__ = [
    "RunConfig",
    "RunFolder",
    "answer_run",
    "audit_run",
    "config_from_dict",
    "demo_config",
    "read_config",
    "report_run",
    "run",
    "sources_of_disagreement",
]
