"""Texts without some of their tokens: what they become, and what models answer to them."""
