"""From text models trained elsewhere to an ensemble."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Literal

from torch import nn

from xaigeo.ensemble.architecture import architecture_digest
from xaigeo.ensemble.identical import note_identical
from xaigeo.ensemble.members import Task
from xaigeo.ensemble.module_output import Gives, Output
from xaigeo.ensemble.record import make_record
from xaigeo.ensemble.seeds import check_seeds
from xaigeo.ensemble.texts.huggingface_reader import HuggingFaceReader, token_limit
from xaigeo.ensemble.texts.module_calls import part_named
from xaigeo.ensemble.texts.module_members import ModuleTextMembers, probe_rows
from xaigeo.ensemble.texts.module_reader import ModuleReader, Place, takes_mask
from xaigeo.ensemble.texts.plain_wrapping import (
    MOST_TEXTS,
    refuse_module_options,
    wrap_plain_models,
)
from xaigeo.ensemble.texts.text_trial import check_numbers, padding_counts, tried
from xaigeo.ensemble.texts.wrapped_schema import wrapped_schema
from xaigeo.ensemble.wrapping import kind_of_models, listed_models, output_labels
from xaigeo.errors import InputError
from xaigeo.options import check_option
from xaigeo.text.huggingface_tokenizer import HuggingFaceTokenizer, as_tokenizer
from xaigeo.text.schema import Texts, as_texts
from xaigeo.text.tokenizer import Tokenizer

Reads = Literal["first", "last", "mean"]


def wrap_text_models(
    models: Sequence[Any],
    *,
    tokenizer: Any,
    seeds: Iterable[int] | None,
    classes: Sequence[Any] | None,
    task: Task | None,
    max_tokens: int | None,
    texts: Texts | None,
    output: Output,
    gives: Gives,
    embedding: str | None,
    attention: Any,
    reads: Reads | None,
) -> dict[str, Any]:
    """Read and check all that `TextEnsemble.wrap` was given, and return its fields."""
    modules = listed_models(models)
    kind = kind_of_models(modules, reads="a list of str")
    names = check_seeds(range(len(modules)) if seeds is None else seeds, n_models=len(modules))
    if kind != "module":
        of_modules = {
            "output": output,
            "gives": None if gives == "logit" else gives,
            "embedding": embedding,
            "attention": attention,
            "reads": reads,
        }
        refuse_module_options(kind, [name for name in of_modules if of_modules[name] is not None])
        return wrap_plain_models(
            modules,
            kind,
            names,
            tokenizer=tokenizer,
            classes=classes,
            task=task,
            max_tokens=max_tokens,
            texts=texts,
        )
    digests = _alike(modules)
    config = modules[0].config if _is_huggingface(modules[0]) else None
    read = None if texts is None else as_texts(texts)
    limit = None if config is None else token_limit(config, modules[0])
    schema = wrapped_schema(_tokenizer(tokenizer), read, max_tokens, limit)
    reader = _reader(schema.tokenizer, modules[0], config, output, gives, embedding, attention)
    reader = _with_reads(reader, reads)
    task = _task(task, gives, config, classes)
    check_numbers(modules[0], reader)
    rows = probe_rows(schema) if read is None else schema.encode(read[:MOST_TEXTS])
    widths = [tried(module, reader, rows, task) for module in modules]
    n_outputs = 2 if task == "classification" and widths[0] == 1 else widths[0]
    labels = _labels(config, classes, task, n_outputs)
    members = ModuleTextMembers(
        modules,
        schema,
        reader,
        task=task,
        n_outputs=n_outputs,
        one_length=any(padding_counts(module, reader, schema) for module in modules),
    )
    if attention is not None and read is not None:
        members.subset([0]).attention(rows)
    record = make_record(
        source="wrap",
        seeds=names,
        architectures=digests,
        data=None,
        config=None,
        packages=("torch",) if config is None else ("torch", "transformers", "tokenizers"),
    )
    if read is not None:
        note_identical(members, rows, task, record, stacklevel=3)
    return {
        "members": members,
        "seeds": names,
        "schema": schema,
        "classes": labels,
        "task": task,
        "record": record,
    }


def _alike(modules: Sequence[nn.Module]) -> list[str]:
    digests = [architecture_digest(module) for module in modules]
    for place, (module, digest) in enumerate(zip(modules, digests, strict=True)):
        if digest != digests[0]:
            raise InputError(
                expected="models of one architecture, that differ in their seed alone",
                arrived=f"{type(modules[0]).__name__} at place 0 and another "
                f"{type(module).__name__} at place {place}",
                do="Wrap models of one class and configuration.",
            )
    return digests


def _is_huggingface(module: nn.Module) -> bool:
    # A model of transformers can only exist once it is loaded, so there is no need to load it.
    transformers = sys.modules.get("transformers")
    return transformers is not None and isinstance(module, transformers.PreTrainedModel)


def _tokenizer(tokenizer: Any) -> Tokenizer:
    if tokenizer is None:
        raise InputError(
            expected="tokenizer, that the models were trained with",
            arrived="none",
            do="Pass for example tokenizer=AutoTokenizer.from_pretrained(...) of the models, or "
            "tokenizer=xaigeo.text.WordTokenizer(words) for modules of your own.",
        )
    return as_tokenizer(tokenizer)


def _reader(
    tokenizer: Tokenizer,
    module: nn.Module,
    config: Any,
    output: Output,
    gives: Gives,
    embedding: str | None,
    attention: Any,
) -> ModuleReader:
    check_option("gives", gives, Gives)
    pad = tokenizer.pad if isinstance(tokenizer, HuggingFaceTokenizer) else None
    if config is not None:
        given = [
            name
            for name, value in (("embedding", embedding), ("attention", attention))
            if value is not None
        ]
        if given:
            raise InputError(
                expected="embedding and attention with modules of your own only",
                arrived=f"{' and '.join(given)} with {type(module).__name__}",
                do="Leave them out: models of Hugging Face tell where both are.",
            )
        _check_head(module, output)
        own = getattr(config, "pad_token_id", None)
        return HuggingFaceReader(
            n_tokens=tokenizer.n_tokens,
            pad=next((n for n in (own, pad) if isinstance(n, int) and n >= 0), 0),
            output="logits" if output is None else output,
            gives=gives,
        )
    takes_mask(module)
    places = None if attention is None else _places(attention)
    for name, _ in places or ():
        part_named(module, name, "attention")
    if embedding is not None:
        part_named(module, embedding, "embedding")
    return ModuleReader(
        n_tokens=tokenizer.n_tokens,
        pad=pad or 0,
        output=output,
        gives=gives,
        embedding=embedding,
        attention=places,
    )


def _check_head(module: Any, output: Output) -> None:
    """Raise for a bare encoder of transformers, such as AutoModel loads."""
    name = type(module).__name__
    own = type(module).__module__.startswith("transformers.") and name.endswith("Model")
    # A model with a head holds the encoder under the name that its family has.
    if own and output is None and not hasattr(module, module.base_model_prefix):
        raise InputError(
            expected="models of transformers with a head that answers, such as "
            "...ForSequenceClassification",
            arrived=f"{name}, which gives hidden states alone",
            do="Load the trained models with AutoModelForSequenceClassification.from_pretrained("
            "...), or wrap modules of your own that put a head on them.",
        )


def _with_reads(reader: ModuleReader, reads: Reads | None) -> ModuleReader:
    if reads is None:
        return reader
    check_option("reads", reads, Reads)
    return replace(reader, reads=reads)


def _places(attention: Any) -> tuple[Place, ...]:
    listed = attention if isinstance(attention, list) else [attention]
    places = []
    for one in listed:
        place = (one, None) if isinstance(one, str) else one
        fits = isinstance(place, tuple) and len(place) == 2 and isinstance(place[0], str)
        if not fits or not isinstance(place[1], int | str | None):
            raise InputError(
                expected="attention as the name of a part, ('name', item), or a list of these",
                arrived=repr(one),
                do="Pass for example attention='pooling.softmax' or attention=('pooling', 1).",
            )
        places.append(place)
    if not places or len({name for name, _ in places}) != len(places):
        raise InputError(
            expected="attention to name different parts, one at least",
            arrived=repr(attention),
            do="Name every part once.",
        )
    return tuple(places)


def _task(task: Task | None, gives: Gives, config: Any, classes: Sequence[Any] | None) -> Task:
    if task is not None:
        check_option("task", task, Task)
    problem = getattr(config, "problem_type", None)
    if problem == "multi_label_classification":
        raise InputError(
            expected="models whose classes shut each other out",
            arrived="problem_type='multi_label_classification'",
            do="Wrap one class at a time: a module that gives the logit of that class.",
        )
    if task is None:
        values = problem == "regression"
        # So does transformers' own loss read a lone output.
        lone = config is not None and problem is None and config.num_labels == 1
        two = classes is not None and len(classes) == 2
        task = "regression" if values or (lone and not two) else "classification"
    if task == "regression" and gives != "logit":
        raise InputError(
            expected="gives='logit', its default, for a regression",
            arrived=repr(gives),
            do="Leave gives out; values are taken as they are.",
        )
    return task


def _labels(
    config: Any, classes: Sequence[Any] | None, task: Task, n_outputs: int
) -> tuple[Any, ...]:
    if classes is None:
        names = getattr(config, "id2label", None) or {}
        unnamed = [f"LABEL_{place}" for place in range(n_outputs)]
        named = [names.get(place, label) for place, label in enumerate(unnamed)]
        classes = None if named == unnamed else named
    return output_labels(classes, task, n_outputs)
