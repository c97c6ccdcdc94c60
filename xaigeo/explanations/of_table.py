"""Refuse explanations of texts where columns must mean the same in every row."""

from __future__ import annotations

from xaigeo.errors import InputError
from xaigeo.explanations.token_attributions import TokenAttributions


def check_of_table(explanation: object, what: str) -> None:
    """Raise for an explanation of texts.

    Parameters
    ----------
    explanation : Explanation
    what : str
        What is made of it, for the message: "the order of features".

    Raises
    ------
    InputError
        The third token of one text has nothing to do with the third of another.
    """
    if isinstance(explanation, TokenAttributions):
        raise InputError(
            expected=f"an explanation of the columns of a table, for {what}",
            arrived=f"one of the tokens of texts ({explanation.method}), whose places are no "
            "columns",
            do="Compare texts with xaigeo.agreement.summary, per_instance or score_bins, and look "
            "at single ones with to_frame().",
        )
