"""The ten lines: twenty networks, two explanations, and whether the seeds agree."""

from torch import nn

import xaigeo as xg


def make_model(n_inputs: int, n_outputs: int) -> nn.Module:
    return nn.Sequential(nn.Linear(n_inputs, 16), nn.ReLU(), nn.Linear(16, n_outputs))


def main() -> None:
    data = xg.datasets.penguins()
    ensemble = xg.SeedEnsemble.train(make_model, data.X, data.y, seeds=range(20))
    birds = data.X.sample(20, random_state=0)
    lime = xg.explain(ensemble, birds, method="lime", background=data.X, random_state=0)
    boxes = xg.explain(ensemble, birds, method="anchors", background=data.X, random_state=0)
    scene = xg.scene([lime, boxes], view=("bill_length_mm", "flipper_length_mm"))
    chart = xg.viz.explanation_map(scene)
    scores = xg.agreement.summary(lime)
    xg.report([lime, boxes], path="report.html")
    xg.audit([lime, boxes]).save("audit.json")

    print(ensemble)
    print(lime.to_frame().head().to_string(index=False))
    print(boxes.rule(seed=0, instance=birds.index[0]))
    print(scores[["score", "value", "low", "high", "null"]].to_string(index=False))
    chart.save("map.html", inline=True)
    print("Wrote report.html, audit.json and map.html")


if __name__ == "__main__":
    main()
