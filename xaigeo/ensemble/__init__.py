"""Seed ensembles: K models that differ in their random seed alone."""

from xaigeo.ensemble.evaluation import Evaluation
from xaigeo.ensemble.members import CallableMembers, Members
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.ensemble.texts.text_ensemble import TextEnsemble

__all__ = ["CallableMembers", "Evaluation", "Members", "SeedEnsemble", "TextEnsemble"]
