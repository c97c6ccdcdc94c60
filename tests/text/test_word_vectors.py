from __future__ import annotations

import gzip
import re

import numpy as np
import pandas as pd
import pytest

from xaigeo.errors import InputError
from xaigeo.text import WordTokenizer
from xaigeo.text.word_vectors import WordVectors

TOKENIZER = WordTokenizer(words=("<unk>", "good", "film", "...", "plot"))
LINES = "good 1 2.5 -3\nunseen 9 9 9\nfilm 0 1e-2 2 \n"


def read(tmp_path, text, name="vectors.txt"):
    path = tmp_path / name
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return WordVectors.read(path, TOKENIZER)


@pytest.mark.parametrize("name", ["vectors.txt", "vectors.txt.gz", "vectors.vec"])
@pytest.mark.parametrize("header", ["", "3 3\n"])
def test_files_are_read_as_word2vec_and_glove_write_them(tmp_path, header, name):
    vectors = read(tmp_path, header + LINES, name)
    assert vectors.known.tolist() == [False, True, True, False, False]
    np.testing.assert_array_equal(vectors.matrix[1], [1, 2.5, -3])
    np.testing.assert_array_equal(vectors.matrix[2], [0, 0.01, 2])
    assert (vectors.matrix[[0, 3, 4]] == 0).all()
    assert (vectors.size, vectors.n_known) == (3, 2)


def test_a_byte_order_mark_is_no_part_of_the_first_word(tmp_path):
    assert read(tmp_path, "\ufeff" + LINES).known.tolist() == [False, True, True, False, False]


def test_a_mapping_is_read_alike(tmp_path):
    mapping = {"good": [1, 2.5, -3], "film": np.array([0, 0.01, 2]), "unseen": "whatever"}
    made = WordVectors.read(mapping, TOKENIZER)
    assert made.digest == read(tmp_path, LINES).digest
    assert made.digest != WordVectors.read({"good": [1, 2.5, -4]}, TOKENIZER).digest


@pytest.mark.parametrize("between", ["\t", "  ", " \t"])
def test_tabs_and_several_spaces_stand_between_too(tmp_path, between):
    header = f"3{between}3\n"
    for text in (LINES, header + LINES):
        vectors = read(tmp_path, text.replace(" ", between))
        assert vectors.digest == read(tmp_path, LINES).digest


def test_other_spaces_belong_to_words(tmp_path):
    vectors = read(tmp_path, "a\u00a0b 1 2\n\u3000 5 6\n 7 8\ngood 3 4\n")
    assert vectors.matrix[1].tolist() == [3, 4]


class KeyedVectors:
    """What gensim gives."""


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (np.ones((2, 3)), "got ndarray. Pass dict(zip(words, matrix)), the words in the order"),
        (pd.DataFrame({"a": [1.0]}), "got DataFrame. Pass dict(zip(vectors.index, vectors.to_n"),
        (KeyedVectors(), "got KeyedVectors. Pass {word: vectors[word] for word in"),
    ],
)
def test_other_sources_are_refused(source, message):
    expected = "Expected vectors to be the path of a file, or a mapping of words to their vectors, "
    with pytest.raises(InputError, match=re.escape(expected + message)):
        WordVectors.read(source, TOKENIZER)


def test_of_a_word_that_comes_twice_the_first_vector_counts(tmp_path):
    vectors = read(tmp_path, "good 1 2\ngood 3 4\n")
    assert vectors.matrix[1].tolist() == [1, 2]


def test_words_with_spaces_inside_are_passed_over(tmp_path):
    vectors = read(tmp_path, "2 2\n. . . 1 2\ngood 3 4\n")
    assert vectors.matrix[1].tolist() == [3, 4]


def test_bytes_that_are_no_text_are_passed_over(tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_bytes(b"g\xffod 1 2\ngood 3 4\n")
    assert WordVectors.read(path, TOKENIZER).matrix[1].tolist() == [3, 4]


@pytest.mark.parametrize(
    ("text", "line", "arrived"),
    [
        ("good 1 2 3\nfilm 1 2\n", 2, "2 numbers"),
        ("unseen 1 2 3\ngood 1 x 3\n", 2, "could not convert string to float"),
        ("good 1 nan 3\n", 1, "NaN or infinite numbers"),
        ("good\n", 1, "0 numbers"),
        ("5 3\ngood 1\n", 2, "1 numbers"),
    ],
)
def test_odd_lines_are_named(tmp_path, text, line, arrived):
    with pytest.raises(InputError, match=f"in line {line} of vectors.txt") as error:
        read(tmp_path, text)
    assert arrived in str(error.value)
    assert "not a binary file" in str(error.value)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(InputError, match="a file of word vectors at") as error:
        WordVectors.read(tmp_path / "none.txt", TOKENIZER)
    assert "nothing there" in str(error.value)
    with pytest.raises(InputError, match="a folder"):
        WordVectors.read(str(tmp_path), TOKENIZER)


def test_vectors_of_no_word_are_refused(tmp_path):
    with pytest.raises(InputError, match="vectors of words that the texts have") as error:
        read(tmp_path, "Good 1 2\n")
    assert "the case of the words" in str(error.value)
    with pytest.raises(InputError, match="vectors of none of them"):
        WordVectors.read({}, TOKENIZER)


@pytest.mark.parametrize(
    ("mapping", "arrived"),
    [
        ({"good": [1, 2], "film": [1]}, "a length of 2 for 'good', but 1 for 'film'"),
        ({"good": [[1, 2]]}, "shape (1, 2) for 'good'"),
        ({"good": []}, "shape (0,) for 'good'"),
        ({"good": [1, 2], "film": [[1, 2]]}, "shape (1, 2) for 'film'"),
        ({"good": ["a", "b"]}, "got ['a', 'b'] for 'good'"),
        ({"good": [[1, 2], [3]]}, "got [[1, 2], [3]] for 'good'"),
        ({"good": {"a": 1}}, "got {'a': 1} for 'good'"),
        ({"good": [1, float("inf")]}, "NaN or infinite numbers for 'good'"),
    ],
)
def test_odd_vectors_of_a_mapping_are_named(mapping, arrived):
    with pytest.raises(InputError, match="vectors of one length with finite numbers") as error:
        WordVectors.read(mapping, TOKENIZER)
    assert arrived in str(error.value)
