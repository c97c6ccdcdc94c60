"""Models of Hugging Face, one a seed: wrap them, see their words, compare their reasons."""

import pandas as pd
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

import xaigeo as xg


def make_tokenizer(texts: pd.Series) -> PreTrainedTokenizerFast:
    """Make word pieces like BERT's; yours come from AutoTokenizer.from_pretrained(...)."""
    pieces = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    pieces.normalizer = normalizers.BertNormalizer()
    pieces.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trainer = trainers.WordPieceTrainer(
        vocab_size=1500, special_tokens=special, show_progress=False
    )
    pieces.train_from_iterator(texts, trainer)
    pieces.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return PreTrainedTokenizerFast(
        tokenizer_object=pieces, unk_token="[UNK]", pad_token="[PAD]", mask_token="[MASK]"
    )


def train_somewhere_else(seed: int, tokenizer: PreTrainedTokenizerFast, texts, labels):
    """Train a small BERT made from a configuration; yours come from checkpoints, one a seed."""
    torch.manual_seed(seed)
    model = BertForSequenceClassification(
        BertConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=64,
            id2label={0: "negative", 1: "positive"},
            label2id={"negative": 0, "positive": 1},
        )
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    for _ in range(4):
        for rows in torch.randperm(len(texts)).split(32):
            batch = tokenizer([texts[i] for i in rows], padding=True, return_tensors="pt")
            loss = model(
                input_ids=batch["input_ids"],
                attention_mask=batch["attention_mask"],
                labels=labels[rows],
            ).loss
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return model


def main() -> None:
    torch.set_num_threads(1)  # models as small as these only wait for further threads
    split = xg.datasets.sentences("yelp").split(random_state=0)
    texts = split.train_texts.tolist()
    labels = torch.tensor((split.train_y == "positive").to_numpy(dtype="int64"))
    tokenizer = make_tokenizer(split.train_texts)
    trained = [train_somewhere_else(seed, tokenizer, texts, labels) for seed in range(3)]

    ensemble = xg.TextEnsemble.wrap(trained, tokenizer=tokenizer, texts=split.train_texts)
    print(ensemble)
    print(ensemble.evaluate(split.test_texts, split.test_y).scores.round(3).to_string(index=False))

    reviews = split.test_texts.sample(8, random_state=1)
    attention = xg.explain(ensemble, reviews, method="attention")
    gradients = xg.explain(ensemble, reviews, method="integrated_gradients")
    removal = xg.explain(ensemble, reviews, method="occlusion")
    for method in (attention, gradients, removal):
        words = method.as_list(seed=0, instance=reviews.index[0], output="positive")[:4]
        print(method.method, [(word, round(value, 3)) for word, value in words])
    print(
        xg.agreement.summary([attention, gradients, removal])[
            ["method", "score", "value"]
        ].to_string(index=False)
    )
    xg.report([attention, gradients, removal], path="report.html", title="Three small BERTs")
    print("Wrote report.html")


if __name__ == "__main__":
    main()
