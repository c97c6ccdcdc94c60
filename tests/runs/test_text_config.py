"""What a configuration may say of texts, and what is told where it makes no sense."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from xaigeo import TextEnsemble
from xaigeo.errors import ConfigError, InputError
from xaigeo.runs.config import TableConfig, TextConfig, config_from_dict, read_config
from xaigeo.runs.plan import make_plan
from xaigeo.runs.reading import read_study
from xaigeo.runs.text_sections import TextModelSection

DATA = {"dataset": "sentences"}
OWN = {"file": "texts.jsonl", "text": "review", "target": "sentiment"}
# Arguments of training that a run sets itself, or that no configuration names.
SET = {"texts", "y", "seeds", "task", "progress"}
LEFT_OUT = {"init_seeds", "order_seeds", "tokenizer", "split_random_state", "standardise", "dtype"}


def test_a_model_is_described_in_the_words_of_training():
    known = inspect.signature(TextEnsemble.train).parameters
    told = set(TextModelSection.model_fields) - {"kind"}
    assert told == set(known) - SET - LEFT_OUT
    given = TextModelSection().arguments
    assert given == {name: known[name].default for name in given}
    assert {known[name].default for name in told - set(given)} <= {None}


def test_the_example_can_be_run():
    example = Path(__file__).parents[2] / "examples" / "texts.toml"
    config = read_config(example).settled(example.parent)
    plan = make_plan(config, read_study(config, base=example.parent))
    assert list(plan.explainers) == config.explain.methods


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (DATA, TextConfig),
        ({"dataset": "movie_sentences"}, TextConfig),
        (OWN, TextConfig),
        ({"file": "a.csv", "text": "t", "target": "y"}, TextConfig),
        ({"file": "a.csv", "target": "y"}, TableConfig),
        ({"dataset": "penguins"}, TableConfig),
    ],
)
def test_data_say_what_a_run_is_of(data, kind):
    config = config_from_dict({"data": data})
    assert type(config) is kind
    assert config_from_dict(config.model_dump()) == config


def test_texts_are_sampled_as_they_need_not_be_in_random_order(text_folder, text_config):
    study = read_study(text_config(), base=text_folder)
    rows, test = study.rows(), study.parts.test
    assert len(rows) == 4
    assert rows.index.tolist() == sorted(rows.index)
    assert set(rows.index) < set(test.index)
    whole = text_config(explain={"methods": ["lime"]})
    assert read_study(whole, base=text_folder).rows().equals(test)


def test_methods_left_out_are_those_that_fit(text_folder, text_config):
    amounts = OWN | {"target": "stars"}
    config = text_config(data=amounts, explain={})
    study = read_study(config, base=text_folder)
    plan = make_plan(config, study)
    assert set(study.default_methods) - set(plan.explainers) == {"anchors", "counterfactuals"}


def test_networks_without_attention_have_none_to_read(text_folder, text_config):
    told = {"attention": "none"}
    study = read_study(text_config(model=told, explain={}), base=text_folder)
    assert "attention" not in make_plan(study.config, study).explainers
    assert not study.pools_by_attention
    config = text_config(model=told, explain={"methods": ["attention"]})
    with pytest.raises(ConfigError, match="methods that explain networks without attention"):
        make_plan(config, read_study(config, base=text_folder))


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ({"data": DATA, "model": {"encoder": "rnn"}}, "model.encoder: Input should be 'cnn', "),
        ({"data": DATA, "model": {"hidden": [3]}}, "got model.hidden: a key of runs of tables"),
        (
            {"data": DATA, "model": {"encoder": "transformer", "attention": "additive"}},
            "model.attention: Expected attention only with encoder='cnn' or 'lstm'",
        ),
        (
            {"data": DATA, "model": {"encoder": "transformer", "n_heads": 5}},
            "an embedding_size that n_heads divides, got embedding_size=64 and n_heads=5",
        ),
        ({"data": DATA, "model": {"kernel_sizes": [2]}}, "model.kernel_sizes: Expected kernel_si"),
        (
            {"data": DATA, "model": {"averaging": "swa", "averaging_start": 11}},
            "model.averaging_start: Expected averaging_start to be an epoch from 1 to 10",
        ),
        ({"data": {"dataset": "sentence"}}, "or of texts 'sentences' or 'movie_sentences'"),
        ({"data": {"text": "review"}}, "data: give either file or dataset"),
        ({"data": {"file": "a.jsonl"}}, 'name the columns of the file: text = "..."'),
        ({"data": OWN | {"target": "review"}}, "text and target are different columns"),
        ({"data": DATA | {"text": "review"}}, "text goes with file; sentences has its own"),
        ({"data": DATA | {"dataset": "movie_sentences", "domain": "imdb"}}, "domain goes with"),
        (
            {"data": OWN | {"units": {}}},
            "a run of texts by data.text, got data.units: a key of runs of tables alone",
        ),
        (
            {"data": OWN, "model": {"encodr": "lstm"}},
            "model.encodr: no such key (did you mean 'enc",
        ),
        ({"data": DATA, "hidden": [3]}, "by data.dataset, got hidden: no such key. Correct"),
        ({"data": DATA, "report": {"views": []}}, "report.views: a key of runs of tables"),
        (
            {"data": DATA, "faithfulness": {"off_support": True}},
            "faithfulness.off_support: a key of",
        ),
    ],
)
def test_every_mistake_is_named_with_its_place(table, text):
    with pytest.raises(ConfigError) as error:
        config_from_dict(table)
    assert text in str(error.value)


@pytest.mark.parametrize(
    ("changes", "error", "text"),
    [
        ({"explain": {"methods": ["tree_shap"]}}, InputError, "methods: this run is of texts"),
        ({"explain": {"parameters": {"lime": {"n_sample": 9}}}}, InputError, "mean 'n_samples'"),
        (
            {"explain": {"methods": ["kernel_shap"],
                         "parameters": {"kernel_shap": {"n_samples": 6}}}},
            ConfigError,
            "methods that explain texts of 5 tokens, got 'kernel_shap'",
        ),
        (
            {"data": OWN | {"target": "stars"}, "explain": {"methods": ["anchors"]}},
            ConfigError,
            "methods that explain a regression, got 'anchors'",
        ),
        ({"data": OWN | {"target": "stas"}}, ConfigError, "Did you mean 'stars'"),
        ({"data": OWN | {"text": "stars"}}, ConfigError, "text in 'stars' of texts.jsonl, got 0.0"),
        ({"audit": {"groups": ["shops"]}}, InputError, "Did you mean 'shop'"),
        ({"model": {"vectors": "no.txt"}}, ConfigError, "a readable file of word vectors at "),
        ({"model": {"class_weight": {"positiv": 2}}}, InputError, "Did you mean 'positive'"),
        (
            {"model": {"class_weight": {"positive": 2}}},
            ConfigError,
            "a number above 0 for each of negative, positive, got {'positive': 2.0}",
        ),
        ({"model": {"max_tokens": 1}}, ConfigError, "got max_tokens = 1. Raise model.max_tokens"),
        (
            {"data": {"file": "single.csv", "text": "t", "target": "y"}, "audit": {}},
            ConfigError,
            "at least 2 tokens to explain, whose weights can be compared, got texts of a single",
        ),
        ({"thresholds": {"settings": {"k": 5}}}, ConfigError, "below the number of features (5)"),
    ],
)  # fmt: skip
def test_mistakes_are_told_before_the_training(text_folder, text_config, changes, error, text):
    (text_folder / "single.csv").write_text("t,y\n" + "\n".join(f"w{i},{i % 2}" for i in range(20)))
    config = text_config(**changes).settled(text_folder)
    with pytest.raises(error) as told:
        make_plan(config, read_study(config, base=text_folder))
    assert text in str(told.value)


def test_weights_are_those_of_the_labels_themselves(text_folder, text_config):
    table = "text,label\n" + "".join(f"word{i} here,{i % 2}\n" for i in range(10))
    (text_folder / "numbers.csv").write_text(table)
    data = {"file": "numbers.csv", "text": "text", "target": "label"}
    model = {"class_weight": {"0": 1, "1": 3}, "embedding_size": 2, "epochs": 1}
    config = text_config(data=data, model=model, audit={}, explain={"methods": ["lime"]})
    ensemble = read_study(config, base=text_folder).train()
    assert ensemble.classes == (0, 1)
    assert ensemble.record["config"]["class_weight"] == {"0": 1.0, "1": 3.0}
