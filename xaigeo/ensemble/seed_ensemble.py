"""K fitted models that differ in their random seed alone, as one object."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from xaigeo.ensemble.evaluation import Evaluation
from xaigeo.ensemble.members import Members, Scale, Task
from xaigeo.ensemble.settings import (
    AveragingName,
    AveragingOrder,
    Dtype,
    NaswaDivisor,
    OptimizerName,
    OptimizerRestart,
    TrainingEngine,
    TrainingSettings,
)
from xaigeo.errors import InputError
from xaigeo.options import check_option
from xaigeo.schema import FeatureSchema, Frame, Matrix


@dataclass(frozen=True, eq=False, kw_only=True)
class SeedEnsemble:
    """K models of one architecture, data and hyperparameters, one per random seed.

    Make one with `train` (torch), `fit` (scikit-learn) or `wrap` (models already trained).

    Attributes
    ----------
    members : Members
        The models; one call answers for all.
    seeds : tuple of int
    schema : FeatureSchema
        Columns in original units; preprocessing belongs to the members.
    classes : tuple
        Class labels in output order; for regression the names of the targets.
    task : {"classification", "regression"}
    record : dict
        JSON-able provenance: hashes of data, configuration and architecture, versions,
        training settings and scores.
    """

    members: Members
    seeds: tuple[int, ...]
    schema: FeatureSchema
    classes: tuple[Any, ...]
    task: Task = "classification"
    record: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def train(
        cls,
        make_model: Callable[..., Any],
        X: Frame,
        y: Any,
        *,
        seeds: Iterable[int] = range(20),
        init_seeds: Iterable[int] | int | None = None,
        order_seeds: Iterable[int] | int | None = None,
        task: Task | None = None,
        schema: FeatureSchema | None = None,
        epochs: int = 100,
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
        engine: TrainingEngine = "auto",
        progress: bool = False,
    ) -> SeedEnsemble:
        """Train one torch module per seed, all together in one vectorised loop.

        Parameters
        ----------
        make_model : callable
            ``make_model()`` or ``make_model(n_inputs, n_outputs)``, returning a new
            ``nn.Module`` from inputs (n_rows, n_inputs) to one logit a class (n_rows,
            n_outputs), to a single logit for two classes, or to one value a target (n_rows,
            n_outputs).
            `n_inputs` counts numbers after one-hot encoding. Called once a seed with torch
            seeded; the caller's random state is left alone.
        X : DataFrame or ndarray, shape (n_rows, n_features)
        y : Series, DataFrame or array-like, shape (n_rows,) or (n_rows, n_targets)
            Class labels of any type, or numbers for regression, of one or several targets.
        seeds : iterable of int
            Names of the members, and by default their randomness.
        init_seeds, order_seeds : iterable of int or int, optional
            Seeds of the initial weights, and of batch order and dropout; by default `seeds`.
            One integer for all shuts off that source of randomness.
        task : {"classification", "regression"}, optional
            By default regression for floating-point `y`; must be given for up to 20 different
            floating-point values that are all whole, which may be codes of classes.
        schema : FeatureSchema, optional
            By default read from `X`; pass one for units or other kinds of column.
        epochs, batch_size : int
            The last, smaller batch of an epoch is used.
        optimizer : {"adam", "adamw", "sgd", "rmsprop"}
            With the defaults of its namesake in ``torch.optim``.
        learning_rate, weight_decay, momentum : float
        validation_share : float
            Share of rows held back, stratified by class; 0 trains on all rows.
        split_random_state : int
            Seed of that split: one split for all members, whatever their seeds.
        patience : int, optional
            Stop a seed after so many epochs without a lower validation loss and restore the
            weights of its best epoch. By default all epochs are run and the last weights kept.
            With `averaging` it is the averages that are judged and kept, from the epoch in which
            they begin.
        class_weight : "balanced" or mapping of class to float, optional
            Weights of rows in the loss, normalised by their sum in each batch.
        standardise : bool
            Standardise numeric columns and each regression target by the training rows.
        dtype : {"float32", "float64"}
        averaging : {"swa", "aswa", "naswa", "ema"}, optional
            Keep an average of the weights along training in place of the last ones: the mean over
            ends of epochs (SWA, Izmailov et al. 2018, arXiv:1803.05407), over all steps with every
            epoch restarted from it (ASWA, and NASWA, which takes only steps far from it; Madhyastha
            and Jain 2019, arXiv:1909.10447), or one that forgets exponentially (EMA).
            Batch-normalisation statistics are recomputed for it. See the notes.
        averaging_start : int or float, optional
            For "swa" and "ema": the epoch in which averaging begins, counted from 1, or as a
            share of `epochs` below 1; by default 0.75 for "swa" and 1 for "ema".
        averaging_every : int, optional
            For "swa" and "ema": average the weights after every so many steps; by default at the
            end of each epoch for "swa" and after every step for "ema".
        averaging_order : {"after_step", "before_step"}, optional
            For "aswa" and "naswa", by default "after_step"; "before_step" is the order in print, by
            which the initial weights count and the last step of an epoch is lost.
        ema_decay : float, optional
            For "ema": what an averaged step weighs against the next one, by default 0.999.
        ema_bias_correction : bool, optional
            For "ema": whether the weights of the steps are made to sum to 1, as in Adam (the
            default); otherwise the first step stands for all before it, as in
            ``torch.optim.swa_utils``.
        naswa_divisor : {"accepted", "iterations"}, optional
            For "naswa": whether it divides by the number of steps it averaged (the default) or, as
            in print, by the number of all steps.
        restart_optimizer : {"keep", "reset"}, optional
            For "aswa" and "naswa": what happens to the optimiser's state at a restart, by default
            nothing ("keep").
        engine : {"auto", "stacked", "functional"}
            "stacked" multiplies the weights of all seeds at once and knows the common
            layers; "functional" (``torch.func``) knows any module; "auto" prefers the first.
            Both give the weights that training each seed alone gives, but for rounding; see
            the notes.
        progress : bool
            Show a progress bar.

        Returns
        -------
        SeedEnsemble
            Its `record` holds hashes, settings and the validation scores of each seed; with
            `averaging` also `n_averaged`, how many steps each seed's average holds.

        Raises
        ------
        InputError
            For data, labels, settings or modules that do not fit, an option given with an
            averaging that has no use for it, and a seed whose loss is not finite.

        Warns
        -----
        SingleSeedWarning, ConstantFeatureWarning
        IdenticalModelsWarning
            If all models answer alike: what is random about them takes no notice of the seed.
        LoneAverageWarning
            If the average of every seed holds one step only, and so is none.

        Notes
        -----
        Losses are softmax cross-entropy, logistic loss for a single logit, and squared error,
        each a mean over the batch. A training run is the same to the bit when repeated on one
        machine with as many threads.

        The engines round differently. In float64 every weight is within 1e-8 of training each
        seed alone in a plain loop, over a few epochs, with one exception: a bias right before
        batch normalisation, whose gradient is rounding noise that Adam scales up to steps. In
        float32 such a bias, and logits with it, may differ by 0.1 and more between the engines
        and between a seed alone and with others; ``bias=False`` in that layer avoids it. Other
        weights differ by float32 rounding, which grows with the number of steps.

        Averages are those of each seed on its own. Only floating-point numbers are averaged; the
        statistics of batch normalisation are recomputed in one pass over the training rows, in
        the batches of the seed's first epoch, each batch counting alike. ASWA and NASWA go on
        from the average after each epoch; SWA and EMA leave the weights that are trained alone.
        ``docs/stabilised_training.md`` has the formulas.
        """
        from xaigeo.ensemble.training import train_ensemble

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
            **train_ensemble(
                make_model,
                X,
                y,
                settings,
                seeds=seeds,
                init_seeds=init_seeds,
                order_seeds=order_seeds,
                task=task,
                schema=schema,
                engine=engine,
                progress=progress,
            )
        )

    @classmethod
    def fit(
        cls,
        estimator: Any,
        X: Frame,
        y: Any,
        *,
        seeds: Iterable[int] = range(20),
        task: Task | None = None,
        schema: FeatureSchema | None = None,
        validation_share: float = 0.2,
        split_random_state: int = 0,
        n_jobs: int | None = None,
        progress: bool = False,
    ) -> SeedEnsemble:
        """Fit one clone of a scikit-learn estimator or pipeline per seed.

        Parameters
        ----------
        estimator : estimator
            A classifier with `predict_proba` or a regressor, bare or as the last step of a
            pipeline. Every ``random_state`` parameter in it, nested ones too, is set to the
            seed; boosting takes no notice of it unless it draws rows or columns (``subsample``,
            ``colsample_bytree``, ``max_features`` below 1). It is given what `X` is: a data
            frame with its original columns and values, or an array; so a frame with categories
            needs a pipeline that encodes them, or a model that reads them.
        X : DataFrame or ndarray, shape (n_rows, n_features)
        y : Series, DataFrame or array-like, shape (n_rows,) or (n_rows, n_targets)
            Several targets need an estimator that predicts several, such as a random forest or
            ``sklearn.multioutput.MultiOutputRegressor``.
        seeds : iterable of int
        task : {"classification", "regression"}, optional
            By default what the estimator is.
        schema : FeatureSchema, optional
            By default read from `X`.
        validation_share : float
            Share of rows held back to score the seeds, stratified by class; 0 fits on all.
        split_random_state : int
            Seed of that split: one split for all members.
        n_jobs : int, optional
            Workers for joblib; None follows ``joblib.parallel_config``.
        progress : bool
            Show a progress bar.

        Returns
        -------
        SeedEnsemble

        Raises
        ------
        InputError
            For an estimator without `random_state` or `predict_proba`, or data that do not
            fit.

        Warns
        -----
        SingleSeedWarning, ConstantFeatureWarning
        IdenticalModelsWarning
            If all models answer alike: what is random about them takes no notice of the seed.
        """
        from xaigeo.ensemble.fitting import fit_ensemble

        return cls(
            **fit_ensemble(
                estimator,
                X,
                y,
                seeds=seeds,
                task=task,
                schema=schema,
                validation_share=validation_share,
                split_random_state=split_random_state,
                n_jobs=n_jobs,
                progress=progress,
            )
        )

    @classmethod
    def wrap(
        cls,
        models: Sequence[Any],
        *,
        seeds: Iterable[int] | None = None,
        schema: Frame | FeatureSchema,
        classes: Sequence[Any] | None = None,
        task: Task | None = None,
        preprocess: Any = None,
        output: str | int | Callable[[Any], Any] | None = None,
        gives: Literal["logit", "probability"] = "logit",
    ) -> SeedEnsemble:
        """Make an ensemble of models that are trained already.

        Parameters
        ----------
        models : sequence
            All of one kind: ``nn.Module``, fitted scikit-learn estimators of one class, or
            callables from rows (as `schema` was read from: a frame or an array) to
            probabilities or values. Where they return a frame with named columns, these are
            taken by their names, which must be the classes or targets.
        seeds : iterable of int, optional
            By default 0, 1, 2, ...
        schema : DataFrame, ndarray or FeatureSchema
            Rows as the models know them, or their schema.
        classes : sequence, optional
            Labels in output order; by default the estimators' ``classes_``, or the named columns
            of the first function's answer, else 0, 1, 2, ...
            Text may name the classes of estimators that were fitted on 0, 1, 2, ... For
            regression the names of the targets, by default "y", or "y0", "y1", ...
        task : {"classification", "regression"}, optional
            By default what the estimators are, and classification for other models.
        preprocess : optional
            From rows to the modules' inputs: a fitted scikit-learn transformer or a callable
            (both take what `schema` was read from and give an array), or an ``nn.Module``
            that takes encoded rows. Needed by modules when the schema has categories.
        output : str, int or callable, optional
            Which output of a module that returns a dict, a tuple or an object.
        gives : {"logit", "probability"}
            What the outputs of a classifying module are.

        Returns
        -------
        SeedEnsemble
            Modules of one architecture made of common layers are stacked and answer in one
            pass; others are asked one after another.

        Raises
        ------
        InputError
            For one model in place of a list, models of several kinds, estimators of several
            classes, outputs that differ in shape or do not match `classes`, probabilities that
            do not add up to 1, or an `output` that is not there.

        Warns
        -----
        SingleSeedWarning
        IdenticalModelsWarning
            If all models answer alike on the rows that `schema` was given as.
        """
        from xaigeo.ensemble.wrapping import wrap_models

        return cls(
            **wrap_models(
                models,
                seeds=seeds,
                schema=schema,
                classes=classes,
                task=task,
                preprocess=preprocess,
                output=output,
                gives=gives,
            )
        )

    @classmethod
    def load(
        cls,
        path: str | Path,
        *,
        make_model: Callable[..., Any] | None = None,
        trust_estimators: bool | Sequence[str] = False,
    ) -> SeedEnsemble:
        """Read an ensemble written by `save`.

        Parameters
        ----------
        path : str or Path
            The folder.
        make_model : callable, optional
            The factory given to `train`; needed for modules of other than the common layers.
        trust_estimators : bool or sequence of str
            For scikit-learn ensembles: whether to load types that skops does not know to be
            safe, all or by name. Loading untrusted types can run code of whoever wrote the file.

        Raises
        ------
        StoreError
            If the folder is missing, incomplete or altered, or holds types not trusted or code
            that this program lacks.
        """
        from xaigeo.ensemble.storage import load_ensemble

        fields = load_ensemble(path, make_model=make_model, trust_estimators=trust_estimators)
        if cls is SeedEnsemble and fields["members"].kind == "text":
            from xaigeo.ensemble.texts.text_ensemble import TextEnsemble

            return TextEnsemble(**fields)
        return cls(**fields)

    @property
    def n_seeds(self) -> int:
        """Number of models."""
        return len(self.seeds)

    @property
    def n_outputs(self) -> int:
        """Number of outputs: classes, or targets of a regression."""
        return len(self.classes)

    @property
    def output_names(self) -> list[str]:
        """Outputs as text."""
        return [str(name) for name in self.classes]

    @property
    def default_scale(self) -> Scale:
        """The scale explained unless another is named: probabilities, or values."""
        return "probability" if self.task == "classification" else "value"

    def outputs(self, X: Frame, *, scale: Scale | None = None) -> np.ndarray:
        """Return what explanations explain, shape (n_seeds, n_rows, n_outputs)."""
        return self.outputs_encoded(self.schema.encode(X), scale=scale)

    def outputs_encoded(self, rows: Matrix, *, scale: Scale | None = None) -> np.ndarray:
        """Return the outputs for rows already encoded by `schema.encode`."""
        return self.members.values(rows, self._checked_scale(scale))

    def member_outputs_encoded(
        self, place: int, rows: Matrix, *, scale: Scale | None = None
    ) -> np.ndarray:
        """Return the outputs of the model at one place, shape (n_rows, n_outputs)."""
        return self.members.member_values(place, rows, self._checked_scale(scale))

    def predict_proba(self, X: Frame) -> np.ndarray:
        """Return class probabilities, shape (n_seeds, n_rows, n_outputs).

        Raises
        ------
        InputError
            For a regression ensemble, or rows that do not fit the schema.
        """
        if self.task != "classification":
            raise InputError(
                expected="a classification ensemble for predict_proba",
                arrived="a regression ensemble",
                do="Call predict(X) for its values.",
            )
        return self.outputs(X, scale="probability")

    def predict(self, X: Frame) -> np.ndarray:
        """Return class labels or regression values, shape (n_seeds, n_rows).

        With several targets the shape is (n_seeds, n_rows, n_targets).
        """
        outputs = self.outputs(X)
        if self.task == "regression":
            return np.asarray(outputs[..., 0] if self.n_outputs == 1 else outputs)
        from xaigeo.ensemble.targets import label_array

        return np.asarray(label_array(self.classes)[outputs.argmax(axis=-1)])

    def logits(self, X: Frame) -> np.ndarray:
        """Return logits, shape (n_seeds, n_rows, n_outputs).

        A binary model with a single logit z is reported as (-z, z), each class's log-odds.
        """
        return self.outputs(X, scale="logit")

    def evaluate(self, X: Frame, y: Any, *, name: str = "test") -> Evaluation:
        """Return how every seed performs on labelled rows it was not trained on."""
        from xaigeo.ensemble.fingerprint import fingerprint
        from xaigeo.ensemble.row_labels import instance_labels
        from xaigeo.ensemble.targets import check_order, encode_labels

        check_order(X, y)
        rows, prediction = self._predicted(X)
        return Evaluation(
            name=name,
            seeds=np.array(self.seeds),
            classes=self.classes,
            task=self.task,
            rows=rows,
            labels=encode_labels(y, self.classes, self.task, n_rows=len(rows)),
            prediction=prediction,
            instances=instance_labels(X),
            fingerprint=fingerprint({"kind": self.members.kind, "record": self.record}),
        )

    def select(self, seeds: Sequence[int]) -> SeedEnsemble:
        """Return the ensemble of some of the seeds, in the order given."""
        from xaigeo.ensemble.record import select_record

        unknown = [seed for seed in seeds if seed not in self.seeds]
        if unknown or not len(seeds) or len(set(seeds)) != len(seeds):
            raise InputError(
                expected=f"different seeds among {list(self.seeds)}",
                arrived=str(unknown or list(seeds) or "none"),
                do="Look at .seeds for the seeds that exist.",
            )
        places = [self.seeds.index(seed) for seed in seeds]
        return replace(
            self,
            members=self.members.subset(places),
            seeds=tuple(self.seeds[place] for place in places),
            record=select_record(self.record, places),
        )

    def save(self, path: str | Path) -> Path:
        """Write the ensemble into the folder `path`; nothing is pickled.

        Torch weights are written as safetensors, scikit-learn estimators by skops, the rest
        as JSON.

        Raises
        ------
        InputError
            For models that are callables, or have a preprocessor that is code; and estimators with
            functions or classes that cannot be found again by a name in a module, such as lambdas.
        StoreError
            If `path` exists and does not hold an ensemble.

        Warns
        -----
        MainCodeWarning
            If estimators hold functions or classes of ``__main__``, the program or notebook that
            runs: they load only where the same is defined under the same name.
        """
        from xaigeo.ensemble.storage import save_ensemble

        return save_ensemble(self, path)

    def _predicted(self, X: Frame) -> tuple[Matrix, np.ndarray]:
        """Return rows encoded, and the outputs for them on the default scale."""
        rows = self.schema.encode(X)
        return rows, self.outputs_encoded(rows)

    def __len__(self) -> int:
        return self.n_seeds

    def __repr__(self) -> str:
        models = "model" if self.n_seeds == 1 else "models"
        return (
            f"SeedEnsemble({self.n_seeds} {self.members.kind} {models}, "
            f"{self.schema.n_features} features, {self.task}: {', '.join(self.output_names)})"
        )

    def _repr_html_(self) -> str:
        from xaigeo.summary import ensemble_html

        return ensemble_html(self)

    def _checked_scale(self, scale: Scale | None) -> Scale:
        if scale is None:
            return self.default_scale
        check_option("scale", scale, Scale)
        fitting = ("value",) if self.task == "regression" else ("probability", "logit")
        if scale not in fitting or (scale == "logit" and not self.members.has_logits):
            raise InputError(
                expected=f"a scale that {self.task} with {self.members.kind} models has",
                arrived=repr(scale),
                do=f"Use scale={self.default_scale!r}.",
            )
        return scale
