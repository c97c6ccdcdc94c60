from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from xaigeo.explainers.rules.rule_finder import Problem
from xaigeo.explainers.texts.removal.word_arms import WordArms

PROBLEM = Problem((0,), 0)


def sizes(sets):
    return sets.sum(axis=1)


@st.composite
def beams(draw):
    """Different sets of as many words, and which words may join."""
    n_tokens = draw(st.integers(1, 7))
    size = draw(st.integers(0, n_tokens))
    chosen = st.sets(st.integers(0, n_tokens - 1), min_size=size, max_size=size)
    sets = draw(st.lists(chosen.map(frozenset), min_size=1, max_size=4, unique=True))
    parents = np.array([[token in one for token in range(n_tokens)] for one in sets])
    return parents, draw(arrays(bool, n_tokens))


@given(beams())
def test_every_larger_set_stands_once_beside_its_first_parent(beam):
    parents, usable = beam
    arms = WordArms.grown(PROBLEM, parents, usable, sizes)
    found, first = [], {}
    for place, parent in enumerate(parents):
        for token in range(len(usable)):
            if usable[token] and not parent[token]:
                larger = frozenset([*np.flatnonzero(parent).tolist(), token])
                if larger not in first:
                    found.append(larger)
                    first[larger] = place, token
    assert [frozenset(np.flatnonzero(one).tolist()) for one in arms.cells] == found
    assert list(zip(arms.parent.tolist(), arms.added.tolist(), strict=True)) == [
        first[one] for one in found
    ]
    assert arms.coverage.tolist() == [len(one) for one in found]
    own = np.concatenate([arms.children(place) for place in range(len(parents))])
    assert sorted(own.tolist()) == list(range(len(found)))
    assert not arms.draws.any()
    assert len(arms.draws) == len(found)


def test_the_set_without_a_word_has_no_parent():
    arms = WordArms.without_words(PROBLEM, 3, sizes)
    assert arms.cells.tolist() == [[False] * 3]
    assert arms.parents.shape == (0, 3)
    assert arms.n_shared.shape == (0,)


def test_arms_have_counts_of_their_own():
    arms = WordArms.without_words(PROBLEM, 3, sizes)
    arms.hits[0] += 1
    assert (arms.draws[0], arms.n_own[0]) == (0, 0)
