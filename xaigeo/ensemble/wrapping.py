"""From models trained elsewhere to an ensemble."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from xaigeo.ensemble.identical import note_identical
from xaigeo.ensemble.members import CallableMembers, Members, Task
from xaigeo.ensemble.record import config_digest, make_record
from xaigeo.ensemble.seeds import check_seeds
from xaigeo.ensemble.targets import plain_labels
from xaigeo.errors import InputError
from xaigeo.options import check_option
from xaigeo.schema import FeatureSchema, Frame

if TYPE_CHECKING:
    from torch import nn

    from xaigeo.ensemble.module_output import Gives, Output


def wrap_models(
    models: Sequence[Any],
    *,
    seeds: Iterable[int] | None,
    schema: Frame | FeatureSchema,
    classes: Sequence[Any] | None,
    task: Task | None,
    preprocess: Any,
    output: Output,
    gives: Gives,
) -> dict[str, Any]:
    """Read and check all that `SeedEnsemble.wrap` was given, and return its fields."""
    if task is not None:
        check_option("task", task, Task)
    models = listed_models(models)
    kind = kind_of_models(models)
    if kind != "module":
        _refuse_module_options(kind, preprocess=preprocess, output=output, gives=gives)
    names = check_seeds(range(len(models)) if seeds is None else seeds, n_models=len(models))
    columns = schema if isinstance(schema, FeatureSchema) else FeatureSchema.from_data(schema)
    digests: list[str] | None
    if kind == "module":
        task = task or "classification"
        members, digests, n_outputs = _wrap_modules(
            models, columns, classes, task, preprocess, output, gives
        )
        labels = output_labels(classes, task, n_outputs)
    elif kind == "estimator":
        members, digests, labels, task = _wrap_estimators(models, columns, classes, task)
    else:
        task = task or "classification"
        members, labels = _wrap_callables(models, columns, classes, task)
        digests = None
    _check_outputs(members, columns, labels, task)
    record = make_record(
        source="wrap",
        seeds=names,
        architectures=digests,
        data=None,
        config=None,
        packages={"module": ("torch",), "estimator": ("scikit-learn",)}.get(kind, ()),
    )
    if not isinstance(schema, FeatureSchema):
        note_identical(members, columns.encode(schema), task, record, stacklevel=3)
    return {
        "members": members,
        "seeds": names,
        "schema": columns,
        "classes": labels,
        "task": task,
        "record": record,
    }


def listed_models(models: Any) -> list[Any]:
    """Return the models as a list; a forest or nn.Sequential would fall into its parts.

    Raises
    ------
    InputError
        For one model, and for what holds models by name.
    """
    is_list = _is_module_list(models) or (_kind(models) is None and not isinstance(models, Mapping))
    if not is_list or not isinstance(models, Iterable):
        raise InputError(
            expected="a list of models",
            arrived=f"one {type(models).__name__}",
            do="Pass list(models.values())."
            if isinstance(models, Mapping)
            else "Pass wrap([model], ...) for one model, or a list with one model a seed.",
        )
    return list(models)


def _is_module_list(models: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(models, torch.nn.ModuleList)


def kind_of_models(models: Sequence[Any], reads: str = "rows") -> str:
    """Return whether all are a "module", an "estimator" or a "callable".

    `reads` says what functions take, in the message.

    Raises
    ------
    InputError
        For no models, or models of several kinds or of none of these.
    """
    kinds = {_kind(model) for model in models}
    if len(kinds) == 1 and None not in kinds:
        return str(kinds.pop())
    names = sorted({type(model).__name__ for model in models})
    raise InputError(
        expected="models of one kind: torch modules, fitted scikit-learn estimators or callables",
        arrived=", ".join(names) or "no models",
        do=f"Wrap models of one kind; anything else goes in as a function from {reads} to outputs.",
    )


def _kind(model: Any) -> str | None:
    # A module can only exist once torch is loaded, so there is no need to load it to ask.
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(model, torch.nn.Module):
        return "module"
    if hasattr(model, "get_params") and hasattr(model, "predict"):
        return "estimator"
    return "callable" if callable(model) else None


def _refuse_module_options(kind: str, *, preprocess: Any, output: Any, gives: str) -> None:
    given = [
        name
        for name, used in (
            ("preprocess", preprocess is not None),
            ("output", output is not None),
            ("gives", gives != "logit"),
        )
        if used
    ]
    if given:
        raise InputError(
            expected=f"preprocess, output and gives with torch modules only, not with {kind}s",
            arrived=", ".join(given),
            do="Put preprocessing and the choice of output into the model itself.",
        )


def _wrap_modules(
    models: Sequence[nn.Module],
    schema: FeatureSchema,
    classes: Sequence[Any] | None,
    task: Task,
    preprocess: Any,
    output: Output,
    gives: Gives,
) -> tuple[Members, list[str], int]:
    import torch

    from xaigeo.ensemble.architecture import architecture_digest, widest_output
    from xaigeo.ensemble.looped import LoopedNetwork
    from xaigeo.ensemble.module_output import Gives, ModuleOutput
    from xaigeo.ensemble.module_trial import answer_of, check_module, probe_inputs
    from xaigeo.ensemble.stacked import StackedNetwork
    from xaigeo.ensemble.torch_members import TorchMembers

    check_option("gives", gives, Gives)
    if task == "regression" and gives != "logit":
        raise InputError(
            expected="gives='logit', its default, with task='regression'",
            arrived=repr(gives),
            do="Leave gives out; values are taken as they are.",
        )
    modules = [copy.deepcopy(model).eval().requires_grad_(False) for model in models]
    digests = [architecture_digest(module) for module in modules]
    weights = [p for p in modules[0].parameters() if p.is_floating_point()]
    dtype = weights[0].dtype if weights else torch.float32
    preprocessor = _preprocessor(preprocess, schema, dtype)
    probe = probe_inputs(schema, preprocessor)
    if (
        output is not None
        or gives != "logit"
        or not isinstance(answer_of(modules[0], probe, schema), torch.Tensor)
    ):
        modules = [ModuleOutput(module, output, gives).eval() for module in modules]
    n_labels = len(classes) if classes is not None else None
    n_classes = n_labels if task == "classification" else None
    n_targets = n_labels or _n_values(modules[0], probe, schema) if task == "regression" else None
    widths = [
        check_module(module, probe, schema, n_classes=n_classes, n_targets=n_targets)
        for module in modules
    ]
    if len(set(widths)) > 1:
        raise InputError(
            expected="all models of the ensemble to return outputs of one shape",
            arrived=f"{', '.join(map(str, widths))} outputs",
            do="Pass models with the same classes or targets.",
        )
    stacked = StackedNetwork.from_modules(modules)
    network = stacked or LoopedNetwork(
        tuple(modules), max(widest_output(module, probe[:1]) for module in modules)
    )
    n_outputs = 2 if task == "classification" and widths[0] == 1 else widths[0]
    return TorchMembers(network, preprocessor, task=task, n_outputs=n_outputs), digests, n_outputs


def _n_values(module: nn.Module, probe: Any, schema: FeatureSchema) -> int:
    """Return how many values a module gives for a row; 1 if that cannot be told."""
    from xaigeo.ensemble.module_trial import answer_of

    answer = answer_of(module, probe, schema)
    return int(answer.shape[1]) if getattr(answer, "ndim", 0) == 2 else 1


def _preprocessor(preprocess: Any, schema: FeatureSchema, dtype: Any) -> Any:
    from xaigeo.ensemble.foreign_preprocessing import ForeignPreprocessor
    from xaigeo.ensemble.preprocessing import Preprocessor

    if isinstance(preprocess, Preprocessor):
        return preprocess
    if preprocess is not None:
        if not callable(preprocess) and not hasattr(preprocess, "transform"):
            raise InputError(
                expected="preprocess to be a fitted transformer, a callable or an nn.Module",
                arrived=type(preprocess).__name__,
                do="Pass for example a fitted ColumnTransformer.",
            )
        return ForeignPreprocessor(preprocess, schema, dtype)
    if schema.discrete.any():
        names = [f.name for f in schema.features if f.is_discrete]
        raise InputError(
            expected="preprocess=... for modules whose schema has categories",
            arrived=f"none, with categories in {', '.join(names)}",
            do="Pass the fitted transformer or function the modules were trained behind, or "
            "torch.nn.Identity() for modules that take category codes.",
        )
    plain = np.zeros(schema.n_features), np.ones(schema.n_features)
    return Preprocessor(schema, *plain, dtype=str(dtype).removeprefix("torch."))


def _wrap_callables(
    models: Sequence[Any], schema: FeatureSchema, classes: Sequence[Any] | None, task: Task
) -> tuple[Members, tuple[Any, ...]]:
    classification = task == "classification"
    first = CallableMembers(models, schema, classification=classification, labels=classes)
    n_outputs = first.values(_probe(schema), _scale(task)).shape[-1]
    labels = output_labels(first.answers.labels, task, n_outputs)
    return CallableMembers(models, schema, classification=classification, labels=labels), labels


def _wrap_estimators(
    models: Sequence[Any],
    schema: FeatureSchema,
    classes: Sequence[Any] | None,
    task: Task | None,
) -> tuple[Members, list[str], tuple[Any, ...], Task]:
    from xaigeo.ensemble.estimator_members import EstimatorMembers

    kind, digests = check_estimators(models, task)
    labels = estimator_labels(models, classes, kind, lambda: _n_targets(models[0], schema))
    members = EstimatorMembers(models, schema, labels, kind, coded=coded_classes(models, labels))
    return members, digests, labels, kind


def check_estimators(models: Sequence[Any], task: Task | None) -> tuple[Task, list[str]]:
    """Return what estimators are for, and a digest of each one's class and parameters.

    Raises
    ------
    InputError
        For estimators that are not fitted, of several classes, for another task, or without
        `predict_proba`.
    """
    from sklearn.exceptions import NotFittedError
    from sklearn.utils.validation import check_is_fitted

    from xaigeo.ensemble.fitting import describe_estimator, estimator_task

    for place, model in enumerate(models):
        try:
            check_is_fitted(model)
        except NotFittedError as error:
            raise InputError(
                expected="fitted estimators",
                arrived=f"{type(model).__name__} at place {place}, which is not fitted",
                do="Call fit first, or let SeedEnsemble.fit do it (of texts TextEnsemble.fit).",
            ) from error
    _check_one_class(models)
    kinds = [estimator_task(model, task) for model in models]
    return kinds[0], [config_digest(describe_estimator(model)) for model in models]


def estimator_labels(
    models: Sequence[Any],
    classes: Sequence[Any] | None,
    task: Task,
    n_targets: Callable[[], int],
) -> tuple[Any, ...]:
    """Return the labels of outputs: those given, else the first estimator's own.

    `n_targets` tells how many values a regressor gives for a row.

    Raises
    ------
    InputError
        For labels that do not fit the outputs, or are of another type than a model's classes.
    """
    if classes is None and task == "classification":
        classes = np.asarray(models[0].classes_).tolist()
    labels = output_labels(classes, task, len(classes) if classes is not None else n_targets())
    if task == "classification" and not coded_classes(models, labels):
        _check_types(models, labels)
    return labels


def _check_types(models: Sequence[Any], labels: Sequence[Any]) -> None:
    """Raise for classes that are the same as text alone, such as 0 and "0"."""
    for place, model in enumerate(models):
        known = np.asarray(model.classes_).tolist()
        if set(known) != set(labels) and set(map(str, known)) == set(map(str, labels)):
            raise InputError(
                expected=f"every model to know the classes {_typed(labels)}",
                arrived=f"{_typed(known)} in model {place}",
                do="Fit all models on labels of one type, and pass classes in the same.",
            )


def _typed(labels: Sequence[Any]) -> str:
    kinds = dict.fromkeys(type(label).__name__ for label in labels)
    return f"{', '.join(map(repr, labels))} ({', '.join(kinds)})"


def _check_one_class(models: Sequence[Any]) -> None:
    from xaigeo.ensemble.estimator_members import last_step

    names = set()
    for model in models:
        name, last = type(model).__name__, type(last_step(model)).__name__
        names.add(name if name == last else f"{name} ({last})")
    if len(names) > 1:
        raise InputError(
            expected="estimators of one class",
            arrived=", ".join(sorted(names)),
            do="Seeds of one architecture are compared: wrap each kind of model by itself.",
        )


def coded_classes(models: Sequence[Any], labels: Sequence[Any]) -> bool:
    """Return whether text labels name the places 0, 1, ... that the models know as classes."""
    places = list(range(len(labels)))
    known = [np.asarray(getattr(model, "classes_", ())).tolist() for model in models]
    return all(isinstance(label, str) for label in labels) and all(k == places for k in known)


def _n_targets(model: Any, schema: FeatureSchema) -> int:
    """Return how many values a fitted regressor gives for a row."""
    from xaigeo.ensemble.estimator_members import estimator_input

    answer = np.asarray(model.predict(estimator_input(model, schema, _probe(schema))))
    return 1 if answer.ndim == 1 else int(answer.shape[1])


def output_labels(classes: Sequence[Any] | None, task: Task, n_outputs: int) -> tuple[Any, ...]:
    """Return the labels of outputs: those given, else numbers, or "y" for regression.

    Raises
    ------
    InputError
        For another number of labels than of outputs, or equal ones.
    """
    given = plain_labels(range(n_outputs) if classes is None else classes)
    if classes is None and task == "regression":
        given = ("y",) if n_outputs == 1 else tuple(f"y{place}" for place in range(n_outputs))
    if len(given) != n_outputs or len(set(given)) != len(given):
        raise InputError(
            expected=f"classes with {n_outputs} different labels, one an output",
            arrived=", ".join(map(str, given)),
            do="Name every output of the models in its order.",
        )
    return given


def _check_outputs(
    members: Members, schema: FeatureSchema, classes: tuple[Any, ...], task: Task
) -> None:
    n_outputs = members.values(_probe(schema), _scale(task)).shape[-1]
    if n_outputs != len(classes) or (task == "classification" and n_outputs < 2):
        raise InputError(
            expected=f"models with {len(classes)} outputs ({', '.join(map(str, classes))})",
            arrived=f"{n_outputs}",
            do="Pass classes=[...] in output order, or task='regression' for values.",
        )


def _probe(schema: FeatureSchema) -> np.ndarray:
    # More rows than there are often outputs: an answer for one row of a function that takes
    # one row must not pass as an answer for all.
    return np.array([[feature.lower for feature in schema.features]] * 7)


def _scale(task: Task) -> Any:
    return "value" if task == "regression" else "probability"
