"""From an estimator of scikit-learn that reads texts to one fitted clone a seed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from xaigeo.ensemble.estimator_members import EstimatorAnswers
from xaigeo.ensemble.fitting import check_fit, fit_clones, fit_record
from xaigeo.ensemble.members import Task
from xaigeo.ensemble.seeds import check_seeds
from xaigeo.ensemble.texts.plain_text_members import PlainTextMembers
from xaigeo.ensemble.texts.plain_wrapping import MOST_TEXTS, note_examples, tried
from xaigeo.ensemble.texts.read_capitals import schema_as_read
from xaigeo.ensemble.texts.text_problem import read_labelled_texts
from xaigeo.ensemble.texts.wrapped_schema import plain_tokenizer, wrapped_schema
from xaigeo.errors import InputError
from xaigeo.text.schema import Texts


def fit_text_ensemble(
    estimator: Any,
    texts: Texts,
    y: Any,
    *,
    seeds: Iterable[int],
    task: Task | None,
    tokenizer: Any,
    min_count: int | None,
    max_tokens: int | None,
    validation_share: float,
    split_random_state: int,
    n_jobs: int | None,
    progress: bool,
) -> dict[str, Any]:
    """Read and check all that `TextEnsemble.fit` was given, fit, and return its fields."""
    kind = check_fit(estimator, task, validation_share=validation_share, n_jobs=n_jobs)
    names = check_seeds(seeds)
    given = read_labelled_texts(
        texts, y, task=kind, validation_share=validation_share, random_state=split_random_state
    )
    if min_count is not None and tokenizer is not None:
        raise InputError(
            expected="min_count only where the tokenizer is made of the texts",
            arrived=f"min_count={min_count!r} and a tokenizer",
            do="Leave one of them out.",
        )
    least = 1 if min_count is None else min_count
    schema = wrapped_schema(plain_tokenizer(tokenizer, given.texts, least), given.texts, max_tokens)
    problem = given.problem(schema)
    data = [given.texts[place] for place in given.split.train]
    fitted, coded = fit_clones(
        estimator, data, problem, given.split, seeds=names, n_jobs=n_jobs, progress=progress
    )
    answers = EstimatorAnswers(fitted, problem.classes, kind, coded=coded)
    n_outputs = tried(answers, ["", *data[:MOST_TEXTS]])
    if tokenizer is None:
        schema = schema_as_read(schema, answers, given.texts, max_tokens, least)
        rows = schema.encode(given.texts, tell_cut=False)
        problem = replace(problem, rows=rows, schema=schema)
    members = PlainTextMembers(answers, schema, n_outputs)
    config = {"validation_share": validation_share, "split_random_state": split_random_state}
    held = [given.texts[place] for place in given.split.validation]
    record = fit_record(
        estimator,
        fitted,
        members,
        problem,
        given.split,
        names,
        config,
        prediction=members.values_of_texts(held),
    )
    note_examples(members, given.texts, problem.rows, kind, record, stacklevel=3)
    return {
        "members": members,
        "seeds": names,
        "schema": schema,
        "classes": problem.classes,
        "task": kind,
        "record": record,
    }
