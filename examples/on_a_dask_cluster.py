"""Explain on a dask cluster, and keep the results as they come.

Nothing in the call names the cluster: `joblib.parallel_config` sends the work there. The one
here is made of two processes on this machine; give `Client` the address of a real one. A run
that is stopped goes on where it was when it is called again with the same arguments.
"""

from __future__ import annotations

import joblib
import torch
from distributed import Client, LocalCluster

import xaigeo as xg


def main() -> None:
    torch.set_num_threads(1)
    data = xg.datasets.penguins()
    ensemble = xg.SeedEnsemble.train(
        lambda n_inputs, n_outputs: torch.nn.Sequential(
            torch.nn.Linear(n_inputs, 16), torch.nn.ReLU(), torch.nn.Linear(16, n_outputs)
        ),
        data.X,
        data.y,
        seeds=range(5),
        epochs=20,
    )
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
        Client(cluster),
        joblib.parallel_config("dask"),
    ):
        found = xg.explain(
            ensemble,
            data.X,
            method="kernel_shap",
            background=data.X,
            random_state=0,
            n_background=50,
            store="kernel_shap",
            progress=True,
        )
    table = xg.agreement.summary(found)
    print(table[["score", "value", "low", "high", "null"]])
    table.to_json("agreement.json", orient="records", indent=1)
    print("Wrote the explanations into kernel_shap and agreement.json")


# Worker processes import this file, and must not start a cluster of their own.
if __name__ == "__main__":
    main()
