"""What every chart of the gallery is drawn from: ten networks that tell penguins apart.

The networks differ in their random seed alone. Parts are made when first asked for, so that one
chart needs only what it shows.
"""

from functools import cached_property

import pandas as pd
from sklearn.model_selection import train_test_split
from torch import nn

import xaigeo as xg
from xaigeo.explanations import Explanation


def make_model(n_inputs: int, n_outputs: int) -> nn.Module:
    return nn.Sequential(nn.Linear(n_inputs, 16), nn.ReLU(), nn.Linear(16, n_outputs))


class Study:
    """An ensemble, thirty rows it has not seen, and what five methods say of them."""

    def __init__(self, n_rows: int = 30) -> None:
        self.data = xg.datasets.penguins()
        self.train_X, self.test_X, self.train_y, self.test_y = train_test_split(
            self.data.X, self.data.y, random_state=0, stratify=self.data.y
        )
        self.rows: pd.DataFrame = self.test_X.head(n_rows)

    @cached_property
    def ensemble(self) -> xg.SeedEnsemble:
        return xg.SeedEnsemble.train(make_model, self.train_X, self.train_y, seeds=range(10))

    @cached_property
    def evaluation(self) -> xg.Evaluation:
        return self.ensemble.evaluate(self.test_X, self.test_y)

    @cached_property
    def shap(self) -> Explanation:
        return self._explained("kernel_shap")

    @cached_property
    def lime(self) -> Explanation:
        return self._explained("lime")

    @cached_property
    def gradients(self) -> Explanation:
        return self._explained("integrated_gradients")

    @cached_property
    def anchors(self) -> Explanation:
        return self._explained("anchors")

    @cached_property
    def counterfactuals(self) -> Explanation:
        return self._explained("counterfactuals")

    def _explained(self, method: str) -> Explanation:
        return xg.explain(
            self.ensemble, self.rows, method=method, background=self.train_X, random_state=0
        )
