"""From a scikit-learn estimator to one fitted clone per seed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from xaigeo.ensemble.estimator_members import EstimatorMembers, last_step
from xaigeo.ensemble.fit_failure import fit_failure
from xaigeo.ensemble.identical import note_identical
from xaigeo.ensemble.members import Members, Task
from xaigeo.ensemble.problem import Problem, read_problem
from xaigeo.ensemble.record import config_digest, make_record
from xaigeo.ensemble.seeds import check_seeds
from xaigeo.ensemble.split import Split, split_rows
from xaigeo.ensemble.targets import label_array
from xaigeo.ensemble.validation import validation_scores
from xaigeo.errors import InputError, is_long
from xaigeo.options import check_workers
from xaigeo.schema import FeatureSchema, Frame, refuse_texts


def fit_ensemble(
    estimator: Any,
    X: Frame,
    y: Any,
    *,
    seeds: Iterable[int],
    task: Task | None,
    schema: FeatureSchema | None,
    validation_share: float,
    split_random_state: int,
    n_jobs: int | None,
    progress: bool,
) -> dict[str, Any]:
    """Read and check all that `SeedEnsemble.fit` was given, fit, and return its fields."""
    kind = check_fit(estimator, task, validation_share=validation_share, n_jobs=n_jobs)
    names = check_seeds(seeds)
    refuse_texts(
        X,
        "rows of a table to fit on, a pandas DataFrame or a two-dimensional numpy array",
        "Call xaigeo.TextEnsemble.fit(estimator, texts, y) for an estimator that takes texts; a "
        "column of a table goes as a frame, X.to_frame().",
    )
    problem = read_problem(X, y, task=kind, schema=schema)
    split = split_rows(
        problem.labels,
        kind,
        validation_share=validation_share,
        random_state=split_random_state,
        classes=problem.classes,
    )
    data = problem.schema.to_model_input(problem.rows[split.train])
    fitted, coded = fit_clones(
        estimator, data, problem, split, seeds=names, n_jobs=n_jobs, progress=progress
    )
    members = EstimatorMembers(fitted, problem.schema, problem.classes, kind, coded=coded)
    config = {"validation_share": validation_share, "split_random_state": split_random_state}
    record = fit_record(estimator, fitted, members, problem, split, names, config)
    note_identical(members, problem.rows, kind, record, stacklevel=3)
    return {
        "members": members,
        "seeds": names,
        "schema": problem.schema,
        "classes": problem.classes,
        "task": kind,
        "record": record,
    }


def check_fit(
    estimator: Any, task: Task | None, *, validation_share: float, n_jobs: int | None
) -> Task:
    """Return what an estimator is for.

    Raises
    ------
    InputError
        For an estimator that cannot be fitted once a seed, a share that is none and a number of
        workers that is none.
    """
    kind = estimator_task(estimator, task)
    _check_share(validation_share)
    check_random_state(estimator)
    check_workers(n_jobs)
    return kind


def fit_clones(
    estimator: Any,
    data: Any,
    problem: Problem,
    split: Split,
    *,
    seeds: tuple[int, ...],
    n_jobs: int | None,
    progress: bool,
) -> tuple[list[Any], bool]:
    """Return one fitted clone a seed, and whether classes are places to them.

    Parameters
    ----------
    estimator : estimator
    data : DataFrame, ndarray or list of str
        The training rows as the estimator reads them, in the order of ``split.train``.
    problem : Problem
    split : Split
    seeds : tuple of int
    n_jobs : int, optional
    progress : bool
    """
    labels = problem.labels[split.train]
    classifies = problem.task == "classification"
    coded = classifies and _wants_places(estimator)
    if classifies and not coded:
        labels = label_array(problem.classes)[labels]
    return _fit_all(estimator, data, labels, seeds, n_jobs, progress), coded


def fit_record(
    estimator: Any,
    fitted: Sequence[Any],
    members: Members,
    problem: Problem,
    split: Split,
    seeds: tuple[int, ...],
    config: dict[str, Any],
    *,
    prediction: np.ndarray | None = None,
) -> dict[str, Any]:
    """Return the record of clones that were fitted.

    `config` holds how rows were split, `prediction` what `validation_scores` takes.
    """
    return make_record(
        source="fit",
        seeds=seeds,
        architectures=[config_digest(describe_estimator(each)) for each in fitted],
        data=(problem.rows, problem.labels),
        config={
            "estimator": describe_estimator(estimator),
            "task": problem.task,
            "schema_sha256": problem.schema.digest,
        }
        | config,
        packages=model_packages(estimator),
        more={
            "n_train": len(split.train),
            "n_validation": len(split.validation),
            "validation": validation_scores(members, problem, split, seeds, prediction=prediction),
        },
    )


def estimator_task(estimator: Any, task: Task | None) -> Task:
    """Return what an estimator is for.

    Raises
    ------
    InputError
        If it is neither classifier nor regressor, is not of the `task` asked for, or is a
        classifier without `predict_proba`.
    """
    from sklearn.base import is_classifier, is_regressor

    if isinstance(estimator, type) or not hasattr(estimator, "get_params"):
        raise InputError(
            expected="a scikit-learn classifier or regressor",
            arrived=f"the class {estimator.__name__}"
            if isinstance(estimator, type)
            else type(estimator).__name__,
            do="Pass an instance such as RandomForestClassifier(); torch factories go to "
            "SeedEnsemble.train.",
        )
    kind: Task | None = (
        "classification"
        if is_classifier(estimator)
        else "regression"
        if is_regressor(estimator)
        else None
    )
    if kind is None or task not in (None, kind):
        raise InputError(
            expected=f"a scikit-learn estimator for {task or 'classification or regression'}",
            arrived=f"{type(estimator).__name__}, a {kind or 'transformer or other'} estimator",
            do="Pass a classifier or regressor, and leave task out.",
        )
    if kind == "classification" and not hasattr(estimator, "predict_proba"):
        raise InputError(
            expected="a classifier with predict_proba",
            arrived=f"{type(estimator).__name__} without it",
            do="Use an option that gives probabilities, or wrap the classifier in "
            "sklearn.calibration.CalibratedClassifierCV.",
        )
    return kind


def model_packages(estimator: Any) -> tuple[str, ...]:
    """Return the distributions whose versions matter for an estimator."""
    library = type(last_step(estimator)).__module__.split(".")[0]
    # One library, two distributions: that without CUDA is called xgboost-cpu.
    others = {"xgboost": ("xgboost", "xgboost-cpu"), "lightgbm": ("lightgbm",)}
    return ("scikit-learn", *others.get(library, ()))


def check_random_state(estimator: Any) -> None:
    """Raise unless some ``random_state`` parameter can tell the seeds apart."""
    if not _random_states(estimator):
        raise InputError(
            expected="an estimator with a random_state parameter, its own or a nested one",
            arrived=f"{type(estimator).__name__} without any",
            do="Every seed would give the same model; explain one model with wrap([model], ...).",
        )


def describe_estimator(estimator: Any) -> str:
    """Return class and parameters as text, with every ``random_state`` taken out."""
    from sklearn.base import clone

    plain = clone(estimator)
    plain.set_params(**dict.fromkeys(_random_states(plain)))
    kind = type(estimator)
    return f"{kind.__module__}.{kind.__qualname__}: {plain.__repr__(N_CHAR_MAX=10**7)}"


def fit_one(estimator: Any, data: Any, labels: np.ndarray, seed: int) -> Any:
    """Return a clone fitted with every ``random_state`` set to `seed`.

    `data` are rows, a DataFrame or ndarray, or texts, a list of str.

    Raises
    ------
    InputError
        Whatever error the estimator raises.
    """
    from sklearn.base import clone

    try:
        model = clone(estimator)
        model.set_params(**dict.fromkeys(_random_states(model), seed))
        return model.fit(data, labels)
    except Exception as error:  # whatever the user's code raises
        told = fit_failure(error, estimator, data, seed)
        # A message that was cut would stand above in its whole length.
        raise told from (None if is_long(error) else error)


def _fit_all(
    estimator: Any,
    data: Any,
    labels: np.ndarray,
    seeds: tuple[int, ...],
    n_jobs: int | None,
    progress: bool,
) -> list[Any]:
    from joblib import Parallel, delayed
    from tqdm import tqdm

    work = Parallel(n_jobs=n_jobs, return_as="generator")(
        delayed(fit_one)(estimator, data, labels, seed) for seed in seeds
    )
    return list(tqdm(work, total=len(seeds), desc="fitting", disable=not progress))


def _random_states(estimator: Any) -> list[str]:
    names = estimator.get_params(deep=True)
    return [n for n in names if n == "random_state" or n.endswith("__random_state")]


def _wants_places(estimator: Any) -> bool:
    """Return whether classes must be 0, 1, ...: xgboost refuses others (3.2)."""
    return type(last_step(estimator)).__module__.split(".")[0] == "xgboost"


def _check_share(share: float) -> None:
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share < 1:
        raise InputError(
            expected="validation_share to be a number of at least 0 and below 1",
            arrived=repr(share),
            do="Pass such a number for validation_share.",
        )
