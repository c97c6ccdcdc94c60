"""Networks trained on few positive sentences, with and without weighted classes."""

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from permutation_log_odds import log_odds
from text_cases import (
    POSITIVE,
    SENTENCES,
    Amounts,
    Network,
    Texts,
    ignore_long_texts,
    prepare,
    train,
)

import xaigeo as xg
from xaigeo.checks import Check
from xaigeo.store import load_check, save_check

# Negative sentences for each positive one in training, as in Jain (2019).
NEGATIVES = 4
# What was kept with other measures is measured again.
MEASURES = ["attention_permutation", "log_odds"]
WEIGHTS: dict[str, str | None] = {"plain loss": None, "class weighting": "balanced"}
# Numbers of epochs after which both losses are compared at equal training.
EQUAL_EPOCHS = (2, 4, 6, 8)


@dataclass(frozen=True, kw_only=True)
class Run:
    """One ensemble: how it answers, and what shuffled attention does to its answers."""

    check: Check
    prediction: np.ndarray  # (n_seeds, n_texts, n_classes)
    labels: np.ndarray
    log_odds: dict[str, np.ndarray]  # `permutation_log_odds.log_odds`
    classes: tuple[Any, ...]
    counts: dict[str, int]

    @property
    def epochs(self) -> list[float]:
        """Epoch whose weights each seed keeps."""
        return list(self.check.provenance["ensemble"]["record"]["epoch_kept"])

    @property
    def evaluation(self) -> xg.Evaluation:
        return xg.Evaluation(
            name="test",
            seeds=self.check.seeds,
            classes=self.classes,
            task="classification",
            rows=np.zeros((len(self.labels), 0)),
            labels=self.labels,
            prediction=self.prediction,
        )


def unbalanced(texts: Texts) -> tuple[Any, Any]:
    """Return the training texts and labels with `NEGATIVES` negative ones for a positive one."""
    positive = texts.y_train == POSITIVE
    wanted = round(int((~positive).sum()) / NEGATIVES)
    drawn = texts.train[positive].sample(wanted, random_state=0).index
    kept = ~positive | texts.train.index.isin(drawn)
    return texts.train[kept], texts.y_train[kept]


def measured(
    network: Network, amounts: Amounts, folder: Path, *, epochs: int | None = None
) -> tuple[dict[str, Run], float]:
    """Return the runs by the name of their loss, measured now unless kept, and seconds.

    Without `epochs` the validation loss stops each seed; with it, all train so many epochs and
    keep the last. The same texts are held back either way.
    """
    torch.set_num_threads(1)
    ignore_long_texts()
    texts = prepare(SENTENCES, amounts)
    train_texts, train_y = unbalanced(texts)
    counts = {
        "positive": int((train_y == POSITIVE).sum()),
        "negative": int((train_y != POSITIVE).sum()),
    }
    until = {"patience": amounts.patience} if epochs is None else {"epochs": epochs}
    runs, seconds = {}, 0.0
    for name, weight in WEIGHTS.items():
        stem = f"{network.key}-{'plain' if weight is None else weight}"
        stem += "" if epochs is None else f"-{epochs}_epochs"
        told = folder / f"{stem}.json"
        wanted = {"amounts": asdict(amounts), "measures": MEASURES}
        kept = json.loads(told.read_text()) if told.exists() else {}
        if kept.get("wanted") != wanted:
            started = time.process_time()
            ensemble = train(train_texts, train_y, network, amounts, class_weight=weight, **until)
            check = xg.faithfulness.attention_permutation(
                ensemble, texts.test, texts.y_test, n_draws=amounts.n_draws
            )
            save_check(check, folder / f"{stem}-check.npz")
            evaluation = ensemble.evaluate(texts.test, texts.y_test)
            np.savez_compressed(
                folder / f"{stem}.npz",
                prediction=evaluation.prediction,
                labels=evaluation.labels,
                **log_odds(ensemble, texts.test, amounts.n_draws),
            )
            kept = {
                "wanted": wanted,
                "classes": list(ensemble.classes),
                "seconds": time.process_time() - started,
            }
            told.write_text(json.dumps(kept))
            print(f"  {stem}: {kept['seconds']:.0f} s of processor time", flush=True)
        with np.load(folder / f"{stem}.npz") as found:
            arrays = dict(found)
        runs[name] = Run(
            check=load_check(folder / f"{stem}-check.npz"),
            prediction=arrays.pop("prediction"),
            labels=arrays.pop("labels"),
            log_odds=arrays,
            classes=tuple(kept["classes"]),
            counts=counts,
        )
        seconds += kept["seconds"]
    return runs, seconds
