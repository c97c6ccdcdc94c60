"""What a run will do, settled and checked before anything is trained."""

from __future__ import annotations

from dataclasses import dataclass, fields

from xaigeo.audit.answer import Audit
from xaigeo.audit.baseline import audited
from xaigeo.audit.registration import Registration, register
from xaigeo.audit.thresholds import check_top, read_thresholds
from xaigeo.errors import ConfigError, InputError
from xaigeo.explainers.base import Explainer
from xaigeo.explainers.named_method import named_method
from xaigeo.options import check_keywords
from xaigeo.runs.config import RunConfig
from xaigeo.runs.study import Study


@dataclass(frozen=True)
class Plan:
    """The explainers by method, and the thresholds as registered."""

    explainers: dict[str, Explainer]
    registration: Registration


def make_plan(config: RunConfig, study: Study) -> Plan:
    """Check that methods, parameters, views and thresholds fit the data and the models.

    Without `explain.methods` the run uses those of the study's default methods that fit the models
    and the task.

    Raises
    ------
    ConfigError or InputError
        For what would otherwise fail after the training.
    """
    thresholds = read_thresholds(config.thresholds or None)
    _ = study.task  # raises where it cannot be told
    study.check()
    check_top(thresholds, study.n_features)
    registration = register(thresholds)
    if config.audit.baseline is not None:
        _check_baseline(config.audit.baseline, study)
    wanted = config.explain.methods
    explainers = {name: _explainer(name, config, study) for name in wanted or study.default_methods}
    problems = {name: study.misfit(explainer) for name, explainer in explainers.items()}
    names = wanted or [name for name in study.default_methods if not problems[name]]
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
    return Plan({name: explainers[name] for name in names}, registration)


def _check_baseline(path: str, study: Study) -> None:
    """Raise for an earlier audit that cannot be read, or is of another kind of run."""
    baseline = Audit.load(path)
    for then, now in (
        (audited(baseline), "texts" if study.explained == "texts" else "a table"),
        (f"a {baseline.about['ensemble']['task']}", f"a {study.task}"),
    ):
        if then != now:
            raise ConfigError(
                expected=f"audit.baseline to be the audit of {now}, as this run is",
                arrived=f"that of {then} in {path}",
                do="Name an earlier audit of such a run, or leave audit.baseline out.",
            )


def _explainer(name: str, config: RunConfig, study: Study) -> Explainer:
    do = f"Choose one of the listed methods: this run is of {study.explained}."
    kind = named_method(name, study.explained, do=do)
    parameters = config.explain.parameters.get(name, {})
    known = [field.name for field in fields(kind)]
    check_keywords(f"method {name!r} (explain.parameters.{name})", parameters, known)
    study.check_parameters(name, parameters)
    try:
        return kind(**parameters)
    except InputError as error:
        raise ConfigError(
            expected=f"under explain.parameters.{name} {error.expected}",
            arrived=error.arrived,
            do=error.do,
        ) from error
