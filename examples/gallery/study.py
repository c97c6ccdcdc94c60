"""What every chart of the gallery is drawn from: ten networks that tell penguins apart.

The networks differ in their random seed alone. Charts of texts have networks that tell whether a
sentence on a film praises it, trained plainly and with averaged weights (`Texts`). Parts
are made when first asked for, so that one chart needs only what it shows.
"""

from functools import cached_property

import pandas as pd
from sklearn.model_selection import train_test_split
from torch import nn

import xaigeo as xg
from xaigeo.explanations import Explanation


def make_model(n_inputs: int, n_outputs: int) -> nn.Module:
    return nn.Sequential(nn.Linear(n_inputs, 16), nn.ReLU(), nn.Linear(16, n_outputs))


class Texts:
    """Two text ensembles, and sentences that they have not seen."""

    def __init__(self) -> None:
        self.split = xg.datasets.sentences("imdb").split()
        self.texts: pd.Series = self.split.test_texts
        self.y: pd.Series = self.split.test_y

    @cached_property
    def plain(self) -> xg.TextEnsemble:
        return self._trained()

    @cached_property
    def averaged(self) -> xg.TextEnsemble:
        return self._trained(averaging="ema")

    @cached_property
    def attention(self) -> dict[str, Explanation]:
        ensembles = {"plain": self.plain, "EMA": self.averaged}
        return {
            name: xg.explain(ensemble, self.texts, method="attention")
            for name, ensemble in ensembles.items()
        }

    def _trained(self, **averaging: str) -> xg.TextEnsemble:
        return xg.TextEnsemble.train(
            self.split.train_texts,
            self.split.train_y,
            seeds=range(8),
            embedding_size=24,
            hidden_size=8,
            min_count=2,
            epochs=6,
            learning_rate=0.005,
            **averaging,
        )


class Study:
    """An ensemble, thirty rows it has not seen, and what five methods say of them."""

    def __init__(self, n_rows: int = 30) -> None:
        self.data = xg.datasets.penguins()
        self.train_X, self.test_X, self.train_y, self.test_y = train_test_split(
            self.data.X, self.data.y, random_state=0, stratify=self.data.y
        )
        self.rows: pd.DataFrame = self.test_X.head(n_rows)

    @cached_property
    def texts(self) -> Texts:
        return Texts()

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
