"""Whether explanations describe the models: the models are asked again."""

from xaigeo.faithfulness.deletion import deletion
from xaigeo.faithfulness.insertion import insertion

__all__ = ["deletion", "insertion"]
