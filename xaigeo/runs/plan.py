"""What a run will do, settled and checked before anything is trained."""

from __future__ import annotations

from dataclasses import dataclass, fields

from xaigeo.audit.answer import Audit
from xaigeo.audit.registration import Registration, register
from xaigeo.audit.thresholds import check_top, read_thresholds
from xaigeo.datasets.dataset import Dataset
from xaigeo.ensemble.members import Task
from xaigeo.ensemble.targets import infer_task
from xaigeo.errors import ConfigError, InputError
from xaigeo.explainers import EXPLAINERS
from xaigeo.explainers.base import Explainer
from xaigeo.options import check_keywords
from xaigeo.runs.config import RunConfig
from xaigeo.runs.models import estimator_pipeline

DEFAULT_METHODS = ("lime", "kernel_shap", "integrated_gradients", "anchors", "counterfactuals")


@dataclass(frozen=True)
class Plan:
    """The task, the explainers by method, and the thresholds as registered."""

    task: Task
    explainers: dict[str, Explainer]
    registration: Registration


def make_plan(config: RunConfig, data: Dataset) -> Plan:
    """Check that methods, parameters, views and thresholds fit the data and the models.

    Without `explain.methods` the run uses those of lime, kernel_shap, integrated_gradients,
    anchors and counterfactuals that fit the models and the task.

    Raises
    ------
    ConfigError or InputError
        For what would otherwise fail after the training.
    """
    thresholds = read_thresholds(config.thresholds or None)
    check_top(thresholds, len(data.schema.features))
    registration = register(thresholds)
    task = _task(config, data)
    if config.model.estimator is not None:
        estimator_pipeline(config.model.estimator, config.model.parameters, data.schema)
    _check_views(config, data)
    _check_audit(config, data)
    wanted = config.explain.methods
    explainers = {name: _explainer(name, config, data) for name in wanted or DEFAULT_METHODS}
    problems = {name: _misfit(explainer, config, task) for name, explainer in explainers.items()}
    names = wanted or [name for name in DEFAULT_METHODS if not problems[name]]
    for name in names:
        if problem := problems[name]:
            raise ConfigError(
                expected=f"methods that explain {problem}",
                arrived=repr(name),
                do="Take it out of explain.methods, or leave explain.methods out.",
            )
    strangers = sorted(set(config.explain.parameters) - set(names))
    if strangers:
        raise ConfigError(
            expected=f"explain.parameters for methods that are run ({', '.join(names)})",
            arrived=", ".join(strangers),
            do="Correct the name or add the method to explain.methods.",
        )
    return Plan(task, {name: explainers[name] for name in names}, registration)


def _task(config: RunConfig, data: Dataset) -> Task:
    if config.data.task is not None:
        return config.data.task
    try:
        return infer_task(data.y)
    except InputError as error:
        raise ConfigError(
            expected=f"a target that shows whether it is classes or a quantity ({error.expected})",
            arrived=error.arrived,
            do='Write task = "classification" or task = "regression" under [data].',
        ) from error


def _check_views(config: RunConfig, data: Dataset) -> None:
    for pair in config.report.views or ():
        check_keywords("the data (report.views)", pair, data.schema.names)
        discrete = [name for name in pair if data.schema[name].is_discrete]
        if discrete:
            raise ConfigError(
                expected="report.views to be pairs of numeric columns",
                arrived=", ".join(discrete),
                do="Choose numeric columns; categories are written out beside the map.",
            )


def _check_audit(config: RunConfig, data: Dataset) -> None:
    """Raise for groups that are no columns, and a baseline that cannot be read."""
    for name in config.audit.groups or ():
        check_keywords("the data (audit.groups)", [name], data.schema.names)
    if config.audit.baseline is not None:
        Audit.load(config.audit.baseline)


def _misfit(explainer: Explainer, config: RunConfig, task: Task) -> str:
    """Return what a method cannot explain, or an empty string when it fits."""
    networks = config.model.kind == "network"
    if explainer.needs_gradients and not networks:
        return "models that are not torch networks"
    if explainer.models == "tree ensembles" and networks:
        return "torch networks"
    return explainer.misfit(task)


def _explainer(name: str, config: RunConfig, data: Dataset) -> Explainer:
    kind = EXPLAINERS.get(name)
    parameters = config.explain.parameters.get(name, {})
    known = [field.name for field in fields(kind)]
    check_keywords(f"method {name!r} (explain.parameters.{name})", parameters, known)
    for column in parameters.get("immutable", ()):
        check_keywords(f"the data (explain.parameters.{name}.immutable)", [column], data.X.columns)
    return kind(**parameters)
