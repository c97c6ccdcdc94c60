"""The two choices that a Shapley value of trees depends on; `TreeShapExplainer` tells them."""

from __future__ import annotations

from typing import Literal

Perturbation = Literal["interventional", "path_dependent"]
Players = Literal["columns", "inputs"]
