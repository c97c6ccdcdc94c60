"""Whether explanations describe the models: the models are asked again."""

from xaigeo.faithfulness.deletion import deletion
from xaigeo.faithfulness.insertion import insertion
from xaigeo.faithfulness.off_support import off_support
from xaigeo.faithfulness.randomisation import randomisation
from xaigeo.faithfulness.sensitivity import sensitivity
from xaigeo.faithfulness.support import Support

__all__ = ["Support", "deletion", "insertion", "off_support", "randomisation", "sensitivity"]
