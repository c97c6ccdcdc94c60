"""Tiny models and tokenizers of Hugging Face, built from a configuration; nothing is fetched."""

from __future__ import annotations

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    DistilBertConfig,
    DistilBertForSequenceClassification,
    GPT2Config,
    GPT2ForSequenceClassification,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForSequenceClassification,
)

TEXTS = [
    "a good film with good singing",
    "not a good film",
    "the plot is thin and the singing is boring",
    "fine acting, fine music!",
    "boring",
]
LETTERS = "abcdefghijklmnopqrstuvwxyz"
# Written out: trainers of tokenizers number what is equally frequent in another order every time.
PIECES = [
    *("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ",", "."),
    *LETTERS,
    *(f"##{letter}" for letter in LETTERS),
    *("good", "film", "with", "not", "the", "plot", "is", "thin", "and", "bor", "fine", "acting"),
    *("music", "sing", "##ing"),
]
N_PIECES = len(PIECES)
# A first part of a word, then the next two to join: "Ġ" is the space before a word.
JOINED = "g o|go o|goo d|f i|fi l|fil m|i n|in g|Ġ good|Ġ film|s ing|Ġ a"


def word_pieces(**roles: str) -> PreTrainedTokenizerFast:
    """Return a tokenizer such as BERT's."""
    vocabulary = {piece: place for place, piece in enumerate(PIECES)}
    backend = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.decoder = decoders.WordPiece()
    backend.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    roles = {"unk_token": "[UNK]", "pad_token": "[PAD]", "mask_token": "[MASK]"} | roles
    return PreTrainedTokenizerFast(tokenizer_object=backend, **roles)


def byte_pairs() -> PreTrainedTokenizerFast:
    """Return a tokenizer such as GPT-2's, which adds nothing to a text; token 0 is padding."""
    merges = [tuple(pair.split()) for pair in JOINED.split("|")]
    known = ["<|pad|>", *sorted(pre_tokenizers.ByteLevel.alphabet()), *map("".join, merges)]
    vocabulary = {token: place for place, token in enumerate(known)}
    backend = Tokenizer(models.BPE(vocabulary, merges))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=backend, pad_token="<|pad|>")


def many(build, n: int = 2):
    """Return `n` models, each with torch seeded anew, with weights that tell texts apart."""
    built = []
    with torch.random.fork_rng(devices=[]):
        for seed in range(n):
            torch.manual_seed(seed)
            model = build()
            for weight in model.parameters():
                if weight.ndim > 1:
                    torch.nn.init.normal_(weight, std=0.3)
            built.append(model.eval())
    return built


def bert(n: int = 2, **options):
    config = BertConfig(
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=16,
        vocab_size=N_PIECES,
        max_position_embeddings=40,
        **{"num_labels": 3} | options,
    )
    return many(lambda: BertForSequenceClassification(config), n)


def distilbert(n: int = 2):
    config = DistilBertConfig(
        dim=16,
        n_layers=2,
        n_heads=2,
        hidden_dim=16,
        vocab_size=N_PIECES,
        max_position_embeddings=40,
    )
    return many(lambda: DistilBertForSequenceClassification(config), n)


def roberta(n: int = 2):
    config = RobertaConfig(
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        vocab_size=N_PIECES,
        max_position_embeddings=40,
        pad_token_id=0,
        bos_token_id=2,
        eos_token_id=3,
    )
    return many(lambda: RobertaForSequenceClassification(config), n)


def gpt2(n: int = 2, **options):
    config = GPT2Config(
        n_embd=16,
        n_layer=2,
        n_head=2,
        vocab_size=300,
        n_positions=40,
        **{"pad_token_id": 0, "bos_token_id": 0, "eos_token_id": 0} | options,
    )
    return many(lambda: GPT2ForSequenceClassification(config), n)
