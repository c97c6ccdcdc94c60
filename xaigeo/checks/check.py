"""One check of explanations against the models, as labelled arrays that can be stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd
import xarray as xr

from xaigeo import dims
from xaigeo.ensemble.fingerprint import fingerprint, fingerprint_differences
from xaigeo.errors import InputError
from xaigeo.options import check_option

if TYPE_CHECKING:
    from xaigeo.explanations import Explanation

Kind = Literal[
    "deletion",
    "insertion",
    "sensitivity",
    "randomisation",
    "local_fidelity",
    "off_support",
    "attention_permutation",
]
LAYER = "layer"
DRAW = "draw"
WAY = "way"

_CURVES = {
    "curve": (dims.SEED, dims.INSTANCE, dims.STEP),
    "random_curve": (dims.SEED, dims.INSTANCE, dims.STEP),
    "area": (dims.SEED, dims.INSTANCE),
    "random_area": (dims.SEED, dims.INSTANCE, DRAW),
}
# Arrays of each kind, by dimensions; `Check` tells what they mean.
SHAPES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "deletion": _CURVES,
    "insertion": _CURVES,
    "sensitivity": {
        "largest": (dims.SEED, dims.INSTANCE),
        "mean": (dims.SEED, dims.INSTANCE),
    },
    "randomisation": {"rank_correlation": (dims.SEED, dims.INSTANCE, LAYER)},
    "local_fidelity": {"r2": (dims.SEED, dims.INSTANCE), "rmse": (dims.SEED, dims.INSTANCE)},
    "off_support": {"flagged": (WAY, dims.ROW), "false_alarm": (dims.ROW,)},
    "attention_permutation": {
        "median_change": (dims.SEED, dims.INSTANCE),
        "mean_change": (dims.SEED, dims.INSTANCE),
        "uniform_change": (dims.SEED, dims.INSTANCE),
        "swap_change": (dims.SEED, dims.INSTANCE),
        "largest_weight": (dims.SEED, dims.INSTANCE),
        "confidence": (dims.SEED, dims.INSTANCE),
        "predicted": (dims.SEED, dims.INSTANCE),
        "n_tokens": (dims.INSTANCE,),
    },
}
KINDS: tuple[str, ...] = get_args(Kind)


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Check:
    """What one check found, for every seed and instance.

    Made by `xaigeo.faithfulness`; read by charts, the report and the audit.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    method : str
        Method of the explanations that were checked; empty for "off_support", which checks the
        models' surroundings, and "attention_permutation", which checks the models.
    data : xr.Dataset
        Arrays with labelled dimensions, NaN where a value is undefined:

        - "deletion", "insertion": `curve` (seed, instance, step), the explained output as
          features are taken away (put back) in the order of their attributions, `step` being the
          share of features changed, from 0 to 1; `random_curve`, the mean over random orders;
          `area` (seed, instance), the mean of the curve over shares; `random_area`
          (seed, instance, draw), the same of each random order;
        - "sensitivity": `largest` and `mean` (seed, instance), relative change of the
          attributions under small changes of the row;
        - "randomisation": `rank_correlation` (seed, instance, layer) of the attributions with
          those of the model whose weights are randomised up to that layer;
        - "local_fidelity": `r2` and `rmse` (seed, instance) of the surrogate in its neighbourhood;
        - "off_support": `flagged` (way, row), whether planted inputs unlike the data are noticed,
          by the way they were planted, and `false_alarm` (row), whether rows of the data are;
        - "attention_permutation": how far the probability of the predicted class moves when the
          attention of a text is dealt to its tokens at random, `median_change` and `mean_change`
          (seed, instance) over the deals, is even, `uniform_change`, or another seed's,
          `swap_change`; `largest_weight`, `confidence`, `predicted` (place of the class),
          `n_tokens` (instance), and `label` (instance), the true class, where it is known.
    seeds : ndarray, shape (n_seeds,)
        Seeds of the models asked.
    provenance : dict
        JSON-able: `parameters`, `random_state`, `ensemble` (as in explanations), `versions`,
        `created_at`, and `explanation_sha256`, the digest of what was checked.

    Raises
    ------
    InputError
        On construction, for an unknown kind, or arrays that are missing or misshapen.
    """

    kind: Kind
    method: str
    data: xr.Dataset
    seeds: np.ndarray
    provenance: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_option("kind", self.kind, Kind)
        shapes = SHAPES[self.kind]
        missing = [name for name in shapes if name not in self.data]
        if missing:
            raise InputError(
                expected=f"a check of {self.kind} with the arrays {', '.join(shapes)}",
                arrived=f"one without {', '.join(missing)}",
                do="Make it with xaigeo.faithfulness.",
            )
        for name, wanted in shapes.items():
            if self.data[name].dims != wanted:
                raise InputError(
                    expected=f"{name} with dimensions {wanted}",
                    arrived=str(self.data[name].dims),
                    do="Transpose the array to the documented order.",
                )
            if not self.data[name].size:
                raise InputError(
                    expected=f"at least one value of {name}",
                    arrived="none",
                    do="A check of nothing shows nothing; check at least one row.",
                )

    @property
    def instances(self) -> np.ndarray:
        """Labels of the checked rows, shape (n_instances,); empty for "off_support"."""
        return self.data[dims.INSTANCE].to_numpy() if dims.INSTANCE in self.data else np.empty(0)

    def array(self, name: str) -> np.ndarray:
        """Return a variable as a plain array in its documented dimension order."""
        return self.data[name].to_numpy()

    def to_frame(self) -> pd.DataFrame:
        """Return the first array, and those of the same dimensions, as one tidy data frame."""
        shapes = SHAPES[self.kind]
        first = next(iter(shapes.values()))
        names = [name for name, shape in shapes.items() if shape == first]
        return self.data[names].to_dataframe().reset_index()

    def check_belongs(self, explanations: Explanation | Sequence[Explanation]) -> None:
        """Raise unless this is a check of these explanations, or of some of their rows.

        The models must be those that were explained, and one of the explanations by the checked
        method must hold the checked instances. A check of the models
        ("attention_permutation") or their surroundings ("off_support") is of no method.

        Raises
        ------
        InputError
        """
        given = list(explanations) if isinstance(explanations, Sequence) else [explanations]
        if not given:
            return
        own = fingerprint(self.provenance.get("ensemble") or {})
        same = []
        for explanation in given:
            theirs = fingerprint(explanation.provenance.get("ensemble") or {})
            differing = fingerprint_differences(own, theirs)
            if self.seeds.tolist() != explanation.seeds.tolist():
                differing = f"the seeds ({self.seeds.tolist()})"
            if not differing:
                same.append(explanation)
        if not same:
            raise InputError(
                expected="checks of the models that were explained",
                arrived=f"a check of {self.kind} of models that differ from them in {differing}",
                do="Check the explanations of the same ensemble.",
            )
        if not self.method:
            return
        of_method = [e for e in same if e.method == self.method]
        if not of_method:
            raise InputError(
                expected="checks of the explanations that were passed "
                f"({', '.join(dict.fromkeys(e.method for e in same))})",
                arrived=f"a check of {self.kind} of {self.method}",
                do=f"Pass the explanation by {self.method} too, or leave the check out.",
            )
        checked = self.instances.tolist()
        missing = [[i for i in checked if i not in set(e.instances.tolist())] for e in of_method]
        if all(missing):
            few = min(missing, key=len)
            raise InputError(
                expected=f"checks of instances that {self.method} explains",
                arrived=f"a check of {self.kind} of others: "
                f"{', '.join(map(str, few[:5]))}{' ...' if len(few) > 5 else ''}",
                do="Check the explanation that you pass, or pass the one that was checked.",
            )

    def save(self, path: str | Path) -> Path:
        """Write the check into the file `path` (``.npz``); `xaigeo.store.load_check` reads it."""
        from xaigeo.store import save_check

        return save_check(self, path)

    def __repr__(self) -> str:
        of = f" of {self.method}" if self.method else ""
        return f"Check({self.kind}{of}, {len(self.seeds)} seeds, {len(self.instances)} instances)"


def check_all_belong(
    checks: Sequence[Check], explanations: Explanation | Sequence[Explanation]
) -> None:
    """Raise unless checks are of these explanations, and no two answer one question.

    Raises
    ------
    InputError
        As `Check.check_belongs`, and for two checks of one kind and method: which of them counts
        would depend on their order.
    """
    seen: set[tuple[str, str]] = set()
    for check in checks:
        check.check_belongs(explanations)
        if (check.kind, check.method) in seen:
            raise InputError(
                expected="one check of each kind and method",
                arrived=f"two of {check.kind}{f' of {check.method}' if check.method else ''}",
                do="Pass the one that is to count; another random_state or output is another "
                "check.",
            )
        seen.add((check.kind, check.method))
