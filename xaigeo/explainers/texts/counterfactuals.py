"""Counterfactuals of texts: the fewest words whose removal or replacement changes the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, cast

import numpy as np

from xaigeo.ensemble.members import Scale
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.base import Arrays, Block, Engine
from xaigeo.explainers.texts.base import check_vectors, schema_of
from xaigeo.explainers.texts.catalogue import TEXT_EXPLAINERS
from xaigeo.explainers.texts.removal.change_search import Change, ChangeLimits, ChangeSearch
from xaigeo.explainers.texts.removal.replacements import (
    Candidates,
    Words,
    named_tokens,
    replacement_words,
    tokens_going_on,
)
from xaigeo.explainers.texts.removal.token_removal import TokenRemoval
from xaigeo.explainers.texts.removal.unit_explainer import UnitExplainer
from xaigeo.options import check_count, check_option, suggestion
from xaigeo.text.schema import ABSENT, TextSchema

Changes = Literal["delete", "replace", "both"]


@TEXT_EXPLAINERS.register("counterfactuals")
@dataclass(frozen=True, kw_only=True)
class TextCounterfactualExplainer(UnitExplainer):
    """Change as few words of a text as it takes until a seed's model gives another answer.

    The search goes by the number of changed tokens: all texts with one token removed, then all
    with one replaced, then, from the `beam` of these that come nearest to another answer, texts
    with two changes, and so on. The first number of changes at which the answer changes is taken;
    of equally many, a removal comes before a replacement as the last one, and of those the one
    that moves the model most. With one change the search is exhaustive; with more, fewer changes
    may exist outside the beam. No text loses all its words. A seed's changes are its own; all are
    asked about the same changes of one token.

    `chosen` holds the changed tokens, `replacement` the words in their places and
    `changed_prediction` the seed's own output for the changed text, on the ensemble's default
    scale. `target` is the class that the changed text should get: the one that the model gives it,
    or, where no change was found (`valid` False), the likeliest other one for the text that came
    nearest. `cross_validity` tells whether another seed gives the changed text that class. The
    attribution is 1 for changed tokens and 0 for others, for every output alike, and where no
    change was found that of the nearest text.

    Parameters
    ----------
    changes : {"both", "delete", "replace"}
        What may be done to a token.
    candidates : {"frequent", "near"} or sequence of str
        Words that may take a token's place, the same for all seeds: the commonest words of the
        background texts; of their 2000 commonest those that lie nearest to the token, by the cosine
        between word vectors averaged over the seeds; or words by name, of one known token each.
        Of the first two, parts that go on with a word ("##ing") take the place of such parts only,
        and never where a text begins or behind a removed token. With ``units="words"`` all of them
        are words of one token, and take the place of whole words.
        The first two need a background, unless tokens are only removed; with the same one a text
        gets the same words whichever texts stand beside it.
    n_candidates : int
        The most words tried in place of a token, of the first two.
    target : optional
        Class that the changed text should get; any other than the seed's own unless given. A seed
        that gives it already needs no change.
    max_changes : int
        The most tokens changed.
    beam : int
        Texts of each number of changes that are changed further.
    units
        See `UnitExplainer`.

    Notes
    -----
    A text of n tokens has n (1 + `n_candidates`) changes of one token, and each further change is
    tried after `beam` of those before: up to n (1 + `n_candidates`)
    (1 + `beam` (`max_changes` - 1)) texts for every model where no change is found, which is
    210,800 for 400 tokens by default. ``changes="delete"`` divides that by 31; ``max_changes=1``
    by 17.

    Removal by words after Martens and Provost (2014), doi:10.25300/MISQ/2014/38.1.04, their search
    for a smallest set of words without which the class changes; replacement after Ross,
    Marasovic and Peters (2021), arXiv:2012.13985, with candidates of the background in place of
    a language model's. No maintained package does this for any model, so there is no other engine.
    """

    name: ClassVar[str] = "counterfactuals"
    engines: ClassVar[tuple[Engine, ...]] = ("batched",)
    tasks: ClassVar[tuple[str, ...]] = ("classification",)
    needs_background: ClassVar[bool] = True
    _without_background: ClassVar[str] = ", or name words in candidates, or use changes='delete'"

    changes: Changes = "both"
    candidates: Candidates | Sequence[str] = "frequent"
    n_candidates: int = 30
    target: Any = None
    max_changes: int = 5
    beam: int = 4

    def __post_init__(self) -> None:
        super().__post_init__()
        check_option("changes", self.changes, Changes)
        for name in ("n_candidates", "max_changes", "beam"):
            check_count(name, getattr(self, name))
        if isinstance(self.candidates, str):
            check_option("candidates", self.candidates, Candidates)
        elif not isinstance(self.candidates, Sequence) or not self.candidates:
            raise InputError(
                expected="candidates to be 'frequent', 'near' or a list of words",
                arrived=repr(self.candidates),
                do="Write candidates=['good', 'bad'].",
            )
        else:
            object.__setattr__(self, "candidates", tuple(self.candidates))

    def reads(self, n_tokens: int) -> int:
        """Return the number of changes of one token, and of those that grow from the beam."""
        given = isinstance(self.candidates, str)
        n_words = self.n_candidates if given else len(self.candidates)
        ways = (self.changes != "replace") + n_words * (self.changes != "delete")
        # Each number of changes is asked again about the best of each kind alone.
        alone = 2 * self.max_changes + 3
        return n_tokens * ways * (1 + self.beam * (self.max_changes - 1)) + alone

    @property
    def background_use(self) -> str:
        """Words come from there, unless they are named or only removed."""
        drawn = self.changes != "delete" and isinstance(self.candidates, str)
        return "whose words may take a token's place" if drawn else ""

    def check(self, ensemble: SeedEnsemble) -> None:
        """Raise for a target that is no class, and candidates that cannot be had."""
        if self.target is not None and self.target not in ensemble.classes:
            raise InputError(
                expected=f"target to be one of the classes ({', '.join(ensemble.output_names)})",
                arrived=repr(self.target),
                do=suggestion(str(self.target), ensemble.output_names)
                or "Name a class, or leave target out.",
            )
        if not isinstance(self.candidates, str):
            named_tokens(self.candidates, cast(TextSchema, ensemble.schema))
        elif self.candidates == "near":
            check_vectors(ensemble)

    def explain_batched(self, block: Block) -> Arrays:
        """Search each text's changes, seed by seed."""
        ensemble, mask = block.ensemble, self.mask(block)
        shape = (ensemble.n_seeds, *mask.shape)
        chosen, replacement = np.zeros(shape, dtype=bool), np.full(shape, ABSENT)
        changed, wanted = self._outputs_and_targets(block, chosen, replacement)
        answers = changed.argmax(axis=3)
        seeds = np.arange(ensemble.n_seeds)
        cross = answers == wanted[:, None]
        attribution = np.repeat(chosen[..., None].astype(np.float64), ensemble.n_outputs, axis=3)
        return {
            "attribution": attribution,
            "mask": mask,
            "chosen": chosen,
            "replacement": replacement,
            "valid": cross[seeds, seeds],
            "n_changed": chosen.sum(axis=2),
            "target": wanted,
            "changed_prediction": changed[seeds, seeds],
            "cross_validity": cross,
        }

    def _outputs_and_targets(
        self, block: Block, chosen: np.ndarray, replacement: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Fill in the changes, and return what all models make of them, and the classes wanted.

        Returns
        -------
        changed : ndarray, shape (n_seeds, n_seeds, n_instances, n_outputs)
            Outputs of the models of the second axis for the texts of the first.
        wanted : ndarray of int, shape (n_seeds, n_instances)
        """
        ensemble = block.ensemble
        n_seeds, n_texts = ensemble.n_seeds, len(block.rows)
        words = replacement_words(
            block, self.candidates, self.n_candidates, whole=self._joins(schema_of(block))
        )
        changed = np.empty((n_seeds, n_seeds, n_texts, ensemble.n_outputs))
        wanted = np.empty((n_seeds, n_texts), dtype=np.intp)
        for i in range(n_texts):
            text = self.text(block, i, removal="delete", scale=ensemble.default_scale)
            own_words = _own_words(words, text, block)
            search = ChangeSearch(
                text,
                own_words,
                self._target(ensemble),
                self._limits,
                _scale(ensemble),
                words.going_on,
            )
            found = [search.find(seed) for seed in range(n_seeds)]
            for seed, change in enumerate(found):
                _write(change, text, chosen[seed, i], replacement[seed, i])
            # Text by text: what a seed's model answers must not depend on the other seeds' texts.
            outputs = [ensemble.outputs_encoded(search.rows([change]))[:, 0] for change in found]
            changed[:, :, i] = np.stack(outputs)
            wanted[:, i] = self._wanted(ensemble, changed[:, :, i], search.own)
        return changed, wanted

    def _wanted(self, ensemble: SeedEnsemble, changed: np.ndarray, own: np.ndarray) -> np.ndarray:
        target = self._target(ensemble)
        if target is not None:
            return np.full(len(own), target)
        seeds = np.arange(len(own))
        others = changed[seeds, seeds].copy()
        answers = others.argmax(axis=1)
        others[seeds, own] = -np.inf
        return np.asarray(np.where(answers != own, answers, others.argmax(axis=1)))

    def _target(self, ensemble: SeedEnsemble) -> int | None:
        return None if self.target is None else ensemble.classes.index(self.target)

    @property
    def _limits(self) -> ChangeLimits:
        return ChangeLimits(
            deletes=self.changes != "replace",
            replaces=self.changes != "delete",
            max_changes=self.max_changes,
            beam=self.beam,
        )


def _own_words(words: Words, text: TokenRemoval, block: Block) -> list[np.ndarray]:
    """Return the words that may take the place of each token of a text, by place."""
    if text.owners is not None:
        return [words.of(*pieces) for pieces in text.words]
    own = text.row[text.places]
    going_on = tokens_going_on(own, schema_of(block))
    # The first token starts a word, whatever its number says elsewhere.
    return [words.of(t, goes_on=k > 0 and t in going_on) for k, t in enumerate(own.tolist())]


def _scale(ensemble: SeedEnsemble) -> Scale:
    # Probabilities near 0 and 1 hardly tell which change moves a model more.
    return "logit" if ensemble.members.has_logits else "probability"


def _write(change: Change, text: TokenRemoval, chosen: np.ndarray, replacement: np.ndarray) -> None:
    for token, code in change:
        chosen[text.places[token]] = True
        replacement[text.places[token]] = code
