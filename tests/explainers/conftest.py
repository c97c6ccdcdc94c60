from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from xaigeo.datasets import penguins
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import SingleSeedWarning
from xaigeo.explainers.background import Background
from xaigeo.explainers.blocks.streams import instance_seed
from xaigeo.schema import FeatureSchema

SPECIES = ("Adelie", "Chinstrap", "Gentoo")


@dataclass(frozen=True)
class Network:
    """A random one-layer network over the penguins' columns; a class, so that workers get it."""

    seed: int
    n_outputs: int

    def __call__(self, frame: pd.DataFrame) -> np.ndarray:
        # Searches ask thousands of times, and pandas is slow on few rows.
        columns = {name: frame[name].to_numpy() for name in frame}
        inputs = np.column_stack(
            [
                (columns["bill_length_mm"] - 44) / 5.5,
                (columns["bill_depth_mm"] - 17) / 2.0,
                (columns["flipper_length_mm"] - 201) / 14,
                (columns["body_mass_g"] - 4200) / 800,
                columns["island"] == "Biscoe",
                columns["island"] == "Dream",
                columns["sex"] == "male",
            ]
        ).astype(float)
        random = np.random.default_rng(self.seed)
        hidden = np.tanh(inputs @ random.normal(size=(7, 6)))
        outputs = hidden @ random.normal(size=(6, self.n_outputs))
        if self.n_outputs == 1:
            return outputs[:, 0]
        odds = np.exp(outputs)
        return odds / odds.sum(axis=1, keepdims=True)


@dataclass(frozen=True)
class Linear:
    """Values ``intercept + x @ slope`` of an array."""

    slope: tuple[float, ...]
    intercept: float = 0.5

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        return self.intercept + rows @ np.array(self.slope)


@pytest.fixture(scope="session")
def birds() -> pd.DataFrame:
    """The penguins: four numeric and two categorical columns."""
    return penguins().X


@pytest.fixture(scope="session")
def species(birds) -> SeedEnsemble:
    """Three callables with three classes."""
    models = [Network(seed, 3) for seed in (3, 4, 5)]
    return SeedEnsemble.wrap(models, seeds=(3, 4, 5), schema=birds, classes=SPECIES)


@pytest.fixture(scope="session")
def mass(birds) -> SeedEnsemble:
    """Two callables with one value."""
    models = [Network(seed, 1) for seed in (0, 1)]
    return SeedEnsemble.wrap(models, schema=birds, classes=("mass",), task="regression")


@pytest.fixture(scope="session")
def single_logit(birds) -> SeedEnsemble:
    """Three float64 torch networks with one logit for two classes."""
    import torch
    from torch import nn

    from xaigeo.ensemble.preprocessing import Preprocessor
    from xaigeo.ensemble.stacked import StackedNetwork
    from xaigeo.ensemble.torch_members import TorchMembers

    schema = FeatureSchema.from_data(birds)
    preprocessor = Preprocessor.from_rows(schema, schema.encode(birds), dtype="float64")
    modules = []
    for seed in range(3):
        torch.manual_seed(seed)
        layers = nn.Linear(preprocessor.n_inputs, 8), nn.ReLU(), nn.Linear(8, 1)
        modules.append(nn.Sequential(*layers).double().eval())
    network = StackedNetwork.from_modules(modules)
    members = TorchMembers(network, preprocessor, task="classification", n_outputs=2)
    return SeedEnsemble(members=members, seeds=(0, 1, 2), schema=schema, classes=("no", "yes"))


@pytest.fixture(scope="session")
def cloud() -> np.ndarray:
    """Sixty rows of four numeric columns on scales that differ a thousandfold."""
    random = np.random.default_rng(0)
    return random.normal(size=(60, 4)) * [1.0, 10.0, 0.01, 1000.0] + [0.0, 5.0, 1.0, 4000.0]


@pytest.fixture
def wrap_values():
    """Return a maker of regression ensembles from functions of an array."""

    def wrap(*models, rows):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SingleSeedWarning)  # one model will do here
            return SeedEnsemble.wrap(models, schema=rows, classes=("value",), task="regression")

    return wrap


@pytest.fixture
def linear():
    return Linear


@contextmanager
def _global_stream(state) -> Iterator[None]:
    before = np.random.get_state()  # noqa: NPY002
    np.random.seed(state)  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(before)  # noqa: NPY002


@pytest.fixture
def global_stream():
    """Return a context in which numpy's global stream, which shap reads, starts from a state."""
    return _global_stream


@pytest.fixture
def make_networks():
    """Return a maker of float64 networks ``layers(n_inputs)`` standardised on a frame."""

    def make(frame, layers, *, n_seeds=3, task="regression", classes=("y",), dtype="float64"):
        import torch
        from torch import nn

        from xaigeo.ensemble.preprocessing import Preprocessor
        from xaigeo.ensemble.stacked import StackedNetwork
        from xaigeo.ensemble.torch_members import TorchMembers

        schema = FeatureSchema.from_data(frame)
        preprocessor = Preprocessor.from_rows(schema, schema.encode(frame), dtype=dtype)
        modules = []
        for seed in range(n_seeds):
            torch.manual_seed(seed)
            module = nn.Sequential(*layers(preprocessor.n_inputs)).eval()
            modules.append(module.to(getattr(torch, dtype)))
        members = TorchMembers(
            StackedNetwork.from_modules(modules), preprocessor, task=task, n_outputs=len(classes)
        )
        return SeedEnsemble(
            members=members,
            seeds=tuple(range(n_seeds)),
            schema=schema,
            classes=classes,
            task=task,
        )

    return make


@pytest.fixture
def linear_networks(make_networks, mixed_frame):
    """Three linear regressions of five columns, two of them with categories."""
    from torch import nn

    return make_networks(mixed_frame, lambda n: [nn.Linear(n, 1)])


@pytest.fixture
def curved(make_networks, mixed_frame):
    """Three smooth networks with three classes."""
    from torch import nn

    return make_networks(
        mixed_frame,
        lambda n: [nn.Linear(n, 8), nn.Tanh(), nn.Linear(8, 3)],
        task="classification",
        classes=("a", "b", "c"),
    )


@pytest.fixture
def bent(make_networks, mixed_frame):
    """Three float32 networks of three layers, with batch normalisation, for a regression."""
    from torch import nn

    def layers(n):
        return [
            nn.Linear(n, 8),
            nn.BatchNorm1d(8),
            nn.LeakyReLU(),
            nn.Linear(8, 5),
            nn.ReLU(),
            nn.Linear(5, 1),
        ]

    return make_networks(mixed_frame, layers, dtype="float32")


@pytest.fixture
def embedding_net():
    """Return a module of two numbers, three colours (embedded) and two more codes (embedded)."""
    import torch
    from torch import nn

    class EmbeddingNet(nn.Module):
        def __init__(self, n_outputs=3, past=0.0):
            super().__init__()
            self.past = past
            self.embeddings = nn.ModuleList([nn.Embedding(3, 2), nn.Embedding(2, 4)])
            self.body = nn.Sequential(nn.Linear(9, 8), nn.ReLU(), nn.Linear(8, n_outputs))

        def forward(self, rows):
            numbers = torch.cat(
                [(rows[:, :1] - 50) / 5, (rows[:, 1:2] - 4) / 2.5, rows[:, 4:5] - 1], dim=1
            )
            looked_up = [
                embedding(rows[:, 2 + j].round().long())
                for j, embedding in enumerate(self.embeddings)
            ]
            outputs = self.body(torch.cat([numbers, *looked_up], dim=1))
            return outputs + self.past * rows[:, 2:3]

    return EmbeddingNet


@pytest.fixture
def embedded(embedding_net, mixed_frame):
    """Three networks that look categories up in embeddings."""
    import torch

    modules = []
    for seed in range(3):
        torch.manual_seed(seed)
        modules.append(embedding_net().double())
    return SeedEnsemble.wrap(
        modules, schema=mixed_frame, classes=("a", "b", "c"), preprocess=torch.nn.Identity()
    )


@pytest.fixture
def assert_engines_agree():
    """Return a check that both engines give the same arrays, and the batched result."""
    from xaigeo.explainers import explain

    def check(ensemble, rows, background, method, *, atol=1e-6, **parameters):
        results = [
            explain(
                ensemble,
                rows,
                method,
                background=background,
                random_state=3,
                engine=engine,
                **parameters,
            )
            for engine in ("batched", "upstream")
        ]
        assert set(results[0].data) == set(results[1].data)
        for name in results[0].data:
            np.testing.assert_allclose(
                results[0].array(name), results[1].array(name), rtol=0, atol=atol, err_msg=name
            )
        return results[0]

    return check


@pytest.fixture
def make_search_task():
    """Return a maker of searches for points of some instances, and of their goal."""
    from xaigeo.explainers.background import Background
    from xaigeo.explainers.changes.constraints import Constraints
    from xaigeo.explainers.changes.goals import SeedGoal
    from xaigeo.explainers.changes.proximity import Proximity
    from xaigeo.explainers.changes.search_task import SearchTask
    from xaigeo.explainers.changes.wanted import Target

    def make(ensemble, X, background, *, wish=None, constraints=None, goal=None, **options):
        schema = ensemble.schema
        rows, reference = schema.encode(X), schema.encode(background)
        limits = Constraints(**(constraints or {})).limits(schema, reference)
        held = Background.from_frame(schema, reference)
        outputs = ensemble.outputs_encoded(rows)
        wanted = Target(**(wish or {})).at(ensemble, outputs, ensemble.outputs_encoded(reference))
        defaults = {"n_starts": 4, "n_samples": 200, "max_changed": None, "max_memory": 2**24}
        return SearchTask(
            goal=(goal or SeedGoal)(ensemble, wanted),
            rows=rows,
            generators=[np.random.default_rng(i) for i in range(len(rows))],
            background=held,
            proximity=Proximity.from_background(held, limits, 0.5),
            **defaults | options,
        )

    return make


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the tests of this folder wrap one model several times: most of them compare nothing."""
    alike = pytest.mark.filterwarnings("ignore:All . models answer alike")
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(alike)


@pytest.fixture(scope="session")
def own_seed():
    """Return the seed of one instance's draws, as a call derives it."""

    def make(random_state, schema, background, row):
        identity = Background.from_frame(schema, background).identities(row[None])[0]
        return instance_seed(random_state, identity)

    return make
