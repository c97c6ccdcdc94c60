"""K text models that differ in their random seed alone, as one object."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from xaigeo.ensemble.members import Scale, Task
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.ensemble.settings import (
    AveragingName,
    AveragingOrder,
    Dtype,
    NaswaDivisor,
    OptimizerName,
    OptimizerRestart,
    TrainingSettings,
)
from xaigeo.ensemble.texts.text_architecture import Encoder, PoolingAttention
from xaigeo.ensemble.texts.text_members import TextMembers
from xaigeo.schema import Matrix
from xaigeo.text.schema import Texts, TextSchema, as_texts

if TYPE_CHECKING:
    from xaigeo.ensemble.texts.plain_text_members import PlainTextMembers


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class TextEnsemble(SeedEnsemble):
    """K text models of one architecture, data and hyperparameters, one per random seed.

    Make one with `train`, with `fit` of an estimator of scikit-learn such as a pipeline, or with
    `wrap` of models already trained. Texts take the place of rows in
    every method of `SeedEnsemble`: a Series, an array or a list of str, or one str.

    Attributes
    ----------
    members : TextMembers
        The models; one call answers for all.
    schema : TextSchema
        The tokenizer, and the most tokens that a text may have.
    """

    members: TextMembers
    schema: TextSchema

    @classmethod
    def train(  # type: ignore[override]  # texts in place of a factory and a frame
        cls,
        texts: Texts,
        y: Any,
        *,
        seeds: Iterable[int] = range(20),
        init_seeds: Iterable[int] | int | None = None,
        order_seeds: Iterable[int] | int | None = None,
        task: Task | None = None,
        encoder: Encoder = "cnn",
        attention: PoolingAttention | None = None,
        embedding_size: int | None = None,
        hidden_size: int | None = None,
        kernel_sizes: Sequence[int] | None = None,
        n_layers: int | None = None,
        n_heads: int | None = None,
        dropout: float = 0.0,
        vectors: str | Path | Mapping[str, Any] | None = None,
        train_vectors: bool = True,
        tokenizer: Any = None,
        min_count: int | None = None,
        max_words: int | None = None,
        max_tokens: int | None = None,
        epochs: int = 10,
        batch_size: int = 32,
        optimizer: OptimizerName = "adam",
        learning_rate: float = 0.01,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        validation_share: float = 0.2,
        split_random_state: int = 0,
        patience: int | None = None,
        class_weight: Mapping[Any, float] | Literal["balanced"] | None = None,
        standardise: bool = True,
        dtype: Dtype = "float32",
        averaging: AveragingName | None = None,
        averaging_start: int | float | None = None,
        averaging_every: int | None = None,
        averaging_order: AveragingOrder | None = None,
        ema_decay: float | None = None,
        ema_bias_correction: bool | None = None,
        naswa_divisor: NaswaDivisor | None = None,
        restart_optimizer: OptimizerRestart | None = None,
        progress: bool = False,
    ) -> TextEnsemble:
        """Train one text network per seed, all together in one vectorised loop.

        With several torch threads, groups of seeds are trained side by side, one thread each.

        Word vectors go through an encoder; attention weighs the tokens, and a linear layer reads
        the weighted sum (Jain and Wallace 2019, arXiv:1902.10186), or their mean without attention.
        All weights are trained at once.

        Parameters
        ----------
        texts : Series, array or list of str, shape (n_texts,)
        y : Series, DataFrame or array-like, shape (n_texts,) or (n_texts, n_targets)
            Class labels of any type, or numbers for regression, of one or several targets.
        seeds, init_seeds, order_seeds, task
            As `SeedEnsemble.train` takes them.
        encoder : {"cnn", "lstm", "transformer"}
            Convolutions of several widths with ReLU, side by side; an LSTM in both directions; or
            self-attention and feed-forward layers with the norm before each.
        attention : {"additive", "scaled_dot", "none"}, optional
            How the tokens t of a text are weighed: softmax of ``v . tanh(W h_t + b)``, or of
            ``q . h_t / sqrt(d)`` with a learned query q. "none" gives all the same weight, their
            mean, which is what a network with attention is compared with; such a network has no
            attention to be read or permuted. Left out, it is "additive" for "cnn" and "lstm". A
            transformer takes the mean over tokens, and has its attention inside.
        embedding_size : int, optional
            Length of a word vector; by default 64, or that of `vectors`.
        hidden_size : int, optional
            Filters of each kernel or units of each direction, by default 32; or the width of a
            transformer's feed-forward layers, by default twice `embedding_size`.
        kernel_sizes : sequence of int, optional
            Of "cnn": widths of the convolutions in tokens, odd; by default (1, 3, 5, 7).
        n_layers, n_heads : int, optional
            Of "transformer"; by default 2 and 4.
        dropout : float
            Share of the pooled text's numbers dropped in training.
        vectors : str, Path or mapping of str to array-like, optional
            Word vectors to start from: a file in the text format of word2vec and GloVe, plain or
            .gz, or a mapping. Words without a vector start at random, as without `vectors`.
        train_vectors : bool
            Whether word vectors are trained or stay as they are, those at random among them.
        tokenizer : Tokenizer, transformers.PreTrainedTokenizerFast or tokenizers.Tokenizer, \
optional
            By default a `WordTokenizer` of the training share of `texts`.
        min_count, max_words : int, optional
            Of that tokenizer: how often a word must occur, by default once, and the most words.
        max_tokens : int, optional
            The most tokens read of a text; by default those of the longest in `texts`. More leaves
            room for longer texts that come later, which results are as wide as; room of over
            256 MiB, and larger than `texts` need, is refused.
        epochs, batch_size, optimizer, learning_rate, weight_decay, momentum
            As `SeedEnsemble.train` takes them.
        validation_share : float
            Share of the texts held back, stratified by class; 0 trains on all. Texts of the same
            words, whatever their case and signs, stay on one side.
        split_random_state, patience, class_weight
            As `SeedEnsemble.train` takes them.
        standardise : bool
            Standardise each regression target by the training texts.
        dtype, averaging, averaging_start, averaging_every, averaging_order, ema_decay, \
ema_bias_correction, naswa_divisor, restart_optimizer, progress
            As `SeedEnsemble.train` takes them.

        Returns
        -------
        TextEnsemble
            Its `record` holds hashes, settings and the validation scores of each seed, and in
            `n_known_vectors` how many words had a vector.

        Raises
        ------
        InputError
            For texts, labels, vectors or settings that do not fit, options of another encoder, and
            a seed whose loss is not finite.

        Warns
        -----
        SingleSeedWarning, LongTextWarning
        IdenticalModelsWarning
            If all models answer alike: what is random about them takes no notice of the seed.
        LoneAverageWarning
            If the average of every seed holds one step only, and so is none.

        Notes
        -----
        Two classes have one logit and the logistic loss, more have one each and softmax
        cross-entropy, targets the squared error. Initial weights are those of torch's own layers:
        each seed's network is built as a plain module (`TextModule`) with torch seeded by its
        `init_seeds`. In float64 every weight is within 1e-8 of training each seed alone in a plain
        loop, over a few epochs. Places beyond a text's end never change an answer; a text without
        a token, which removal can leave, is pooled to 0.
        """
        from xaigeo.ensemble.texts.text_training import TextChoices, train_text_ensemble

        choices = TextChoices(
            encoder=encoder,
            attention=attention,
            embedding_size=embedding_size,
            hidden_size=hidden_size,
            kernel_sizes=kernel_sizes,
            n_layers=n_layers,
            n_heads=n_heads,
            dropout=dropout,
            vectors=vectors,
            train_vectors=train_vectors,
            tokenizer=tokenizer,
            min_count=min_count,
            max_words=max_words,
            max_tokens=max_tokens,
        )
        settings = TrainingSettings.of(
            epochs=epochs,
            batch_size=batch_size,
            optimizer=optimizer,
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            momentum=momentum,
            validation_share=validation_share,
            split_random_state=split_random_state,
            patience=patience,
            class_weight=class_weight,
            standardise=standardise,
            dtype=dtype,
            averaging=averaging,
            averaging_start=averaging_start,
            averaging_every=averaging_every,
            averaging_order=averaging_order,
            ema_decay=ema_decay,
            ema_bias_correction=ema_bias_correction,
            naswa_divisor=naswa_divisor,
            restart_optimizer=restart_optimizer,
        )
        return cls(
            **train_text_ensemble(
                texts,
                y,
                choices,
                settings,
                seeds=seeds,
                init_seeds=init_seeds,
                order_seeds=order_seeds,
                task=task,
                progress=progress,
            )
        )

    @classmethod
    def fit(  # type: ignore[override]  # texts in place of a frame
        cls,
        estimator: Any,
        texts: Texts,
        y: Any,
        *,
        seeds: Iterable[int] = range(20),
        task: Task | None = None,
        tokenizer: Any = None,
        min_count: int | None = None,
        max_tokens: int | None = None,
        validation_share: float = 0.2,
        split_random_state: int = 0,
        n_jobs: int | None = None,
        progress: bool = False,
    ) -> TextEnsemble:
        """Fit one clone of a scikit-learn estimator of texts per seed.

        The clones are fitted on the texts as they are written. Methods that remove words explain
        them, and read a text as its words with a space between; see Notes.

        Parameters
        ----------
        estimator : estimator
            Classifier with `predict_proba`, or regressor, that takes a list of str, such as
            ``make_pipeline(TfidfVectorizer(), RandomForestClassifier())``. Every ``random_state``
            parameter in it, nested ones too, is set to the seed; a model that draws nothing, such
            as logistic regression, is the same for every seed, and
            ``BaggingClassifier(LogisticRegression())`` is not.
        texts : Series, array or list of str, shape (n_texts,)
        y : Series, DataFrame or array-like, shape (n_texts,) or (n_texts, n_targets)
        seeds : iterable of int
        task : {"classification", "regression"}, optional
            By default what the estimator is.
        tokenizer : Tokenizer, optional
            Of whole words: what is removed from a text. By default a `WordTokenizer` of the words
            of all `texts`, in small letters if every model answers alike to some 200 of these in
            small letters; else one that keeps capitals, and knows each word also in small letters,
            with a capital and in capitals. The estimator is not fitted on it, so that nothing is
            learnt from texts held back.
        min_count : int, optional
            Of that tokenizer: how often a word must occur to be known, by default once. Rarer ones
            are read ``<unk>``, which the estimator was not fitted on.
        max_tokens : int, optional
            The most tokens read of a text that is explained; by default those of the longest in
            `texts`.
        validation_share : float
            Share of the texts held back to score the seeds, stratified by class; 0 fits on all.
            Texts of the same words, whatever their case and signs, stay on one side.
        split_random_state : int
            Seed of that split: one split for all members.
        n_jobs : int, optional
            Workers for joblib; None follows ``joblib.parallel_config``.
        progress : bool
            Show a progress bar.

        Returns
        -------
        TextEnsemble
            Its `record` holds hashes, settings and the validation scores of each seed.

        Raises
        ------
        InputError
            For an estimator without `random_state` or `predict_proba`, one that cannot be fitted on
            texts or fails on the empty text, and texts, labels or a tokenizer that do not fit.

        Warns
        -----
        SingleSeedWarning, LongTextWarning
        IdenticalModelsWarning
            If all models answer alike: what is random about them takes no notice of the seed.
        RebuiltTextWarning
            If models answer otherwise to texts than to their words with a space between, or to
            words that the tokenizer does not know than to ``<unk>``, on up to 32 of `texts`.

        Notes
        -----
        To remove words a text is cut into tokens, and what is left is put together again with a
        space between tokens: "Good film!" is asked about as "Good film !". A vectoriser that counts
        words reads both alike; one that counts characters, or a tokenizer that makes letters small
        before a model that reads capitals, does not. A word that no text of `texts` holds is read
        ``<unk>``, which for a vectoriser fitted on the same texts is to take no notice of it.
        Whether answers are those to the texts themselves, and to each unknown word alone that to
        ``<unk>``, is compared here, and for each text that is explained, with a
        `RebuiltTextWarning` where they differ by more than 0.01 in probability, or for values by a
        hundredth of their range. `predict`, `evaluate` and the like give the answers to the texts
        as they are written.
        """
        from xaigeo.ensemble.texts.text_fitting import fit_text_ensemble

        return cls(
            **fit_text_ensemble(
                estimator,
                texts,
                y,
                seeds=seeds,
                task=task,
                tokenizer=tokenizer,
                min_count=min_count,
                max_tokens=max_tokens,
                validation_share=validation_share,
                split_random_state=split_random_state,
                n_jobs=n_jobs,
                progress=progress,
            )
        )

    @classmethod
    def wrap(  # type: ignore[override]  # a tokenizer in place of a schema
        cls,
        models: Sequence[Any],
        *,
        tokenizer: Any = None,
        seeds: Iterable[int] | None = None,
        classes: Sequence[Any] | None = None,
        task: Task | None = None,
        max_tokens: int | None = None,
        texts: Texts | None = None,
        output: str | int | Callable[[Any], Any] | None = None,
        gives: Literal["logit", "probability"] = "logit",
        embedding: str | None = None,
        attention: str | tuple[str, int | str] | list[Any] | None = None,
        reads: Literal["first", "last", "mean"] | None = None,
    ) -> TextEnsemble:
        """Make an ensemble of text models that are trained already.

        Parameters
        ----------
        models : sequence
            All of one kind.

            Modules of one class and configuration: of `transformers` for sequence classification,
            such as ``AutoModelForSequenceClassification`` loads, or modules of your own with
            ``forward(tokens, mask)`` or ``forward(tokens)``; tokens are int64, shape (n_texts, T),
            mask is True where there is a token. They are not copied: they are put into evaluation
            mode, and must not be trained on. They may lie on an accelerator.

            Fitted scikit-learn estimators of one class that take a list of str, such as pipelines.

            Functions from a list of str to probabilities, shape (n_texts, n_classes), or
            (n_texts,) for that of the second class of two; with ``task="regression"`` to values,
            shape (n_texts,) or (n_texts, n_targets). Named columns of a frame are taken by their
            names, which must be the classes or targets.
        tokenizer : Tokenizer, transformers.PreTrainedTokenizerFast or tokenizers.Tokenizer
            That the modules were trained with; must be given. Estimators and functions are given
            texts, from which whole words are removed: those of a `WordTokenizer`, by default one
            of `texts` as `fit` makes it.
        seeds : iterable of int, optional
            By default 0, 1, 2, ...
        classes : sequence, optional
            Labels in output order; by default the estimators' ``classes_``, those of
            ``config.id2label`` if they were named, or the named columns of the first function's
            answer, else 0, 1, 2, ... Text may name the classes of estimators that were fitted on
            0, 1, 2, ... For regression the names of the targets, by default "y", or "y0", ...
        task : {"classification", "regression"}, optional
            By default what estimators are, else classification, unless ``config.problem_type``
            says regression or a model of `transformers` has one output, which it reads as a value.
        max_tokens : int, optional
            The most tokens read of a text; by default those of the longest in `texts`, as far as
            the models read, or else as many as they read. Whole maps of attention have
            max_tokens x max_tokens weights a head, so no more than texts need.
        texts : Series, array or list of str, optional
            Examples: models, and parts named with `attention`, are tried on the first 32, and
            models are compared. Give the longest that will be explained too, or `max_tokens`: what
            is beyond is not read, with a warning.
        output : str, int or callable, optional
            Of modules, as all that follows: which output of a model that returns a dict, a tuple
            or an object; of models of `transformers` by default "logits".
        gives : {"logit", "probability"}
            What the outputs of a classifier are.
        embedding : str, optional
            Of modules of your own: name of the part that gives word vectors; by default the one
            ``nn.Embedding`` that is large enough for the tokenizer.
        attention : str, (str, int or str), or list of these, optional
            Of modules of your own: names of the parts that give attention, with the place or key of
            the weights where a part gives more. Their shape says what they are: (n_texts, T) or
            (n_texts, T, 1) pools a text, (n_texts, Q, T) and (n_texts, n_heads, Q, T) have a query
            a token, or one for the text. By default every ``nn.MultiheadAttention`` is read.
        reads : {"first", "last", "mean"}, optional
            Which tokens of the last layer the answer is read from, where attention does not pool;
            by default found by gradients, and "mean" for modules of your own where that cannot be
            told.

        Returns
        -------
        TextEnsemble
            Models are asked one after another, modules in batches of texts of similar length; of
            the very same length where a model's answer depends on padding. Estimators and functions
            tell no logits, word vectors or attention: methods that remove words explain them.

        Raises
        ------
        InputError
            For models that are no list, differ in architecture, fail on texts or give something
            else than one row of outputs a text, models of `transformers` without a head among
            them; no tokenizer, or one that does not fit; labels in another number; parts that are
            not there, or that give no attention to `texts` where they are named for it; options of
            modules with other models.

        Warns
        -----
        SingleSeedWarning, LongTextWarning
        IdenticalModelsWarning
            If all models answer alike on `texts`.
        RebuiltTextWarning
            If estimators or functions answer otherwise to `texts` than to their words with a space
            between, which is what explanations speak of; see the notes of `fit`.
        """
        from xaigeo.ensemble.texts.wrapping import wrap_text_models

        return cls(
            **wrap_text_models(
                models,
                tokenizer=tokenizer,
                seeds=seeds,
                classes=classes,
                task=task,
                max_tokens=max_tokens,
                texts=texts,
                output=output,
                gives=gives,
                embedding=embedding,
                attention=attention,
                reads=reads,
            )
        )

    def outputs(self, X: Any, *, scale: Scale | None = None) -> np.ndarray:
        """Return what models answer to texts, shape (n_seeds, n_texts, n_outputs).

        Estimators and functions are given the texts as they are written. Explanations speak of
        their words instead, and a `RebuiltTextWarning` tells where that is not the same.
        """
        reads = self._reads_as_written()
        if reads is None:
            return super().outputs(X, scale=scale)
        self._checked_scale(scale)
        return reads.values_of_texts(as_texts(X))

    def _predicted(self, X: Any) -> tuple[Matrix, np.ndarray]:
        if self._reads_as_written() is None:
            return super()._predicted(X)
        return self.schema.encode(X, tell_cut=False), self.outputs(X)

    def _reads_as_written(self) -> PlainTextMembers | None:
        """Return the models if they read texts as they are written, and `schema` is of these."""
        from xaigeo.ensemble.texts.plain_text_members import PlainTextMembers

        members: Any = self.members
        fits = isinstance(members, PlainTextMembers) and self.schema == members.schema
        return members if fits else None

    def __repr__(self) -> str:
        models = "model" if self.n_seeds == 1 else "models"
        return (
            f"TextEnsemble({self.n_seeds} {models} of texts of up to {self.schema.max_tokens} "
            f"tokens, {self.task}: {', '.join(self.output_names)})"
        )
