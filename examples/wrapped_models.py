"""Models that someone else trained: wrap them, explain them, compare their reasons."""

import pandas as pd
import torch
from sklearn.datasets import load_wine
from torch import nn

import xaigeo as xg

COLUMNS = ["alcohol", "malic_acid", "flavanoids", "color_intensity", "proline"]


class TwoHeads(nn.Module):
    """A network whose forward returns a dict, as many trained models do."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.BatchNorm1d(5, affine=False), nn.Linear(5, 12), nn.Tanh())
        self.head = nn.Linear(12, 3)

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        hidden = self.body(x)
        return {"logits": self.head(hidden), "hidden": hidden}


def train_somewhere_else(seed: int, X: torch.Tensor, y: torch.Tensor) -> nn.Module:
    torch.manual_seed(seed)
    model = TwoHeads()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(150):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(X)["logits"], y).backward()
        optimizer.step()
    return model.eval()


def main() -> None:
    wine = load_wine(as_frame=True)
    X: pd.DataFrame = wine.data[COLUMNS]
    rows, labels = torch.tensor(X.to_numpy(), dtype=torch.float32), torch.tensor(wine.target)
    models = [train_somewhere_else(seed, rows, labels) for seed in range(6)]

    ensemble = xg.SeedEnsemble.wrap(
        models, seeds=range(6), schema=X, classes=list(wine.target_names), output="logits"
    )
    print(
        ensemble.evaluate(X, wine.target_names[wine.target]).scores.round(3).to_string(index=False)
    )

    wines = X.sample(15, random_state=0)
    gradients = xg.explain(ensemble, wines, method="integrated_gradients", background=X)
    twins = xg.explain(ensemble, wines, method="counterfactuals", background=X, random_state=0)
    print(
        xg.agreement.summary([gradients, twins])[["method", "score", "value"]].to_string(
            index=False
        )
    )
    print(twins.to_frame().head(6).round(2).to_string(index=False))
    xg.report([gradients, twins], path="report.html", title="Six networks on wine")
    print("Wrote report.html")


if __name__ == "__main__":
    main()
