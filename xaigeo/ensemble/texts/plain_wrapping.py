"""From fitted estimators of scikit-learn, or functions of texts, to an ensemble."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xaigeo.ensemble.estimator_members import EstimatorAnswers
from xaigeo.ensemble.identical import MOST_ROWS, note_identical
from xaigeo.ensemble.members import FunctionAnswers, Task, of_one_shape
from xaigeo.ensemble.record import make_record
from xaigeo.ensemble.texts.plain_text_members import PlainTextMembers
from xaigeo.ensemble.texts.read_capitals import schema_as_read
from xaigeo.ensemble.texts.rebuilt_texts import note_rebuilt
from xaigeo.ensemble.texts.text_answers import (
    Answers,
    answer_of_one,
    failing_text,
    short,
    spread,
)
from xaigeo.ensemble.texts.wrapped_schema import plain_tokenizer, wrapped_schema
from xaigeo.ensemble.wrapping import (
    check_estimators,
    coded_classes,
    estimator_labels,
    output_labels,
)
from xaigeo.errors import InputError
from xaigeo.options import check_option
from xaigeo.schema import Matrix
from xaigeo.text.schema import Texts, TextSchema, as_texts

# Example texts that models are tried and compared on.
MOST_TEXTS = 32
# Fewest texts that models are tried on together, the empty one among them: an answer to one must
# not pass for an answer to all.
FEWEST_TEXTS = 7


def wrap_plain_models(
    models: list[Any],
    kind: str,
    names: tuple[int, ...],
    *,
    tokenizer: Any,
    classes: Sequence[Any] | None,
    task: Task | None,
    max_tokens: int | None,
    texts: Texts | None,
) -> dict[str, Any]:
    """Read and check what `TextEnsemble.wrap` was given of such models, and return its fields.

    `kind` is "estimator" or "callable", `names` are the seeds.
    """
    if task is not None:
        check_option("task", task, Task)
    read = None if texts is None else as_texts(texts)
    schema = wrapped_schema(plain_tokenizer(tokenizer, read), read, max_tokens)
    asked = _asked(_probe_texts(schema) if read is None else read)
    digests: list[str] | None = None
    answers: Answers
    if kind == "estimator":
        task, digests = check_estimators(models, task)
        values = EstimatorAnswers(models, (), "regression")
        labels = estimator_labels(models, classes, task, lambda: tried(values, asked))
        answers = EstimatorAnswers(models, labels, task, coded=coded_classes(models, labels))
        labels = output_labels(labels, task, tried(answers, asked))
    else:
        task = task or "classification"
        first = FunctionAnswers(models, task == "classification", classes)
        n_outputs = tried(first, asked)
        labels = output_labels(first.labels, task, n_outputs)
        answers = FunctionAnswers(models, task == "classification", labels)
    if tokenizer is None and read is not None:
        schema = schema_as_read(schema, answers, read, max_tokens)
    members = PlainTextMembers(answers, schema, len(labels))
    record = make_record(
        source="wrap",
        seeds=names,
        architectures=digests,
        data=None,
        config=None,
        packages=("scikit-learn",) if kind == "estimator" else (),
    )
    if read is not None:
        note_examples(members, read, schema.encode(read), task, record, stacklevel=4)
    return {
        "members": members,
        "seeds": names,
        "schema": schema,
        "classes": labels,
        "task": task,
        "record": record,
    }


def note_examples(
    members: PlainTextMembers,
    texts: Sequence[str],
    rows: Matrix,
    task: Task,
    record: dict[str, Any],
    *,
    stacklevel: int,
) -> None:
    """Warn of models that answer alike to example texts, or otherwise than to their words.

    Parameters, warnings and what is done to `record` as of `note_identical` and `note_rebuilt`.
    """
    written = members.values_of_texts([texts[place] for place in spread(len(texts), MOST_ROWS)])
    note_identical(members, rows, task, record, outputs=written, stacklevel=stacklevel + 1)
    note_rebuilt(
        members,
        members.schema,
        texts,
        rows,
        task,
        what="example texts",
        most=MOST_TEXTS,
        stacklevel=stacklevel + 1,
    )


def refuse_module_options(kind: str, given: Sequence[str]) -> None:
    """Raise for options that modules alone take.

    Raises
    ------
    InputError
    """
    if given:
        raise InputError(
            expected="output, gives, embedding, attention and reads with torch modules only, not "
            f"with {kind}s",
            arrived=", ".join(given),
            do="Leave them out: estimators and functions of texts give probabilities, or values "
            "for a regression, and nothing inside them is read.",
        )


def tried(answers: Answers, texts: Sequence[str]) -> int:
    """Return how many outputs models give, after trying each on texts.

    Raises
    ------
    InputError
        If one fails on them, or gives something else than one row of outputs a text, or another
        number of outputs than the others.
    """
    found = []
    for place in range(answers.n_members):
        try:
            found.append(answer_of_one(answers, place, texts))
        except InputError:
            raise
        except Exception as error:
            text = failing_text(answers, place, texts)
            raise InputError(
                expected="models that take a list of str, the empty text among them",
                arrived=f"model {place}, which fails on {'one' if text is None else short(text)}: "
                f"{type(error).__name__}: {error}",
                do="Let every model answer to all texts of a list at once, and to '' too, which "
                "is left of a text without its words.",
            ) from error
    return int(of_one_shape(found).shape[2])


def _asked(texts: Sequence[str]) -> list[str]:
    """Return texts to try models on, the empty one among them."""
    asked = ["", *texts[:MOST_TEXTS]]
    return asked + asked[-1:] * (FEWEST_TEXTS - len(asked))


def _probe_texts(schema: TextSchema) -> list[str]:
    """Return the first words of a tokenizer, where no texts were given."""
    return [schema.tokenizer.shown(n) for n in range(min(FEWEST_TEXTS, schema.tokenizer.n_tokens))]
