"""Whether the output falls when the features that an explanation names are taken away."""

from __future__ import annotations

from xaigeo.checks import Check
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.explainers.base import MAX_MEMORY
from xaigeo.explanations import Attributions
from xaigeo.faithfulness.feature_curves import CurveSettings, Order, Replace
from xaigeo.faithfulness.subject import Subject
from xaigeo.faithfulness.token_curves import curves
from xaigeo.schema import Frame


def deletion(
    explanation: Attributions,
    ensemble: SeedEnsemble,
    *,
    background: Frame | None = None,
    output: str | int | None = None,
    order: Order | None = None,
    replace: Replace = "background_rows",
    n_random: int = 20,
    n_background: int = 50,
    steps: int = 50,
    random_state: int = 0,
    max_memory: int = MAX_MEMORY,
) -> Check:
    """Take features away in the order of their attributions and follow every seed's output.

    Each seed's model is asked along its own order. A small `area` is good: the output falls as
    soon as the first features are gone. Of texts explained tokens are taken out, and the others
    read as if they stood side by side; `steps` is then the most for a text, whose own tokens
    `area` and `random_area` go by, and curves are read from its steps at common shares.

    Parameters
    ----------
    explanation : Attributions
    ensemble : SeedEnsemble
        The models that were explained.
    background : DataFrame or ndarray, optional
        Rows that stand for the data; those of the explanation unless given. Not for texts.
    output : str or int, optional
        The class or target that is followed, on the scale that was explained (of logits of models
        that tell probabilities alone, as boosted trees do: as a probability). By default the
        class that most seeds predict at the instance, one for all seeds, and a regression's first
        target.
    order : {"signed", "absolute"}, optional
        "signed" takes away what speaks for the output first and what speaks against it last:
        in this order, and in no other, the output of a model that adds up its features falls
        fastest. Changes per standard deviation (gradients, LIME without bins) are first
        multiplied by how far the value lies above the mean, in standard deviations. "absolute"
        goes by size, and follows minus the distance of the output from where it was, so that a
        small area is good here too. By default "signed", and "absolute" for methods whose
        numbers are sizes without a sign. Equal attributions come in random order.
    replace : {"background_rows", "background_mean"}
        What stands in for a feature that was taken away: its values in background rows, over
        which the outputs are averaged, or one row of the background's means with the commonest
        categories. Where features depend on each other both make rows that do not occur (Hooker
        et al. 2019, arXiv:1806.10758), on which models answer more or less at random; a mean over
        rows depends less on a single one of them. Not for texts.
    n_random : int
        Random orders to compare with, the same for all seeds at an instance.
    n_background : int
        The most background rows that are averaged over, drawn at random.
    steps : int
        The most steps. One feature is taken away a step unless there are more features.
    random_state : int
    max_memory : int
        Bytes that rows and outputs may take at once.

    Returns
    -------
    Check
        Of the kind "deletion"; `step` is the share of features that are gone. `area` and
        `random_area` are NaN where the output does not move at all, whatever is taken away.

    Raises
    ------
    InputError
        For explanations that are no attributions, that join columns or that are of other models,
        and settings that are not allowed.

    Notes
    -----
    With v(S) the mean output where the features outside S have other values, and the order π,

        ``curve(t) = v({π(t + 1), ..., π(P)})``,   ``area = ∫ curve(share) dshare``

    by trapezoids: Petsiuk et al. (2018), arXiv:1806.07421; with random orders as the measure,
    Samek et al. (2017), doi:10.1109/TNNLS.2016.2599820. `xaigeo.checks.beats_random` compares
    the areas. For a linear model no order has a smaller area than that by contributions.

    Of texts the drop after the first tokens is the comprehensiveness of DeYoung et al. (2020,
    doi:10.18653/v1/2020.acl-main.408), of which the area is the mean over all numbers of tokens.
    """
    settings = CurveSettings(
        order, replace, n_random, n_background, steps, random_state, max_memory
    )
    subject = Subject.of(explanation, ensemble, background=background, output=output)
    return curves("deletion", subject, settings)
