"""Whether explanations describe the models: the models are asked again."""

from xaigeo.agreement.completeness import completeness_gap
from xaigeo.faithfulness.attention_permutation import attention_permutation
from xaigeo.faithfulness.deletion import deletion
from xaigeo.faithfulness.infidelity import infidelity
from xaigeo.faithfulness.insertion import insertion
from xaigeo.faithfulness.local_fidelity import local_fidelity
from xaigeo.faithfulness.off_support import off_support
from xaigeo.faithfulness.randomisation import randomisation
from xaigeo.faithfulness.sensitivity import sensitivity
from xaigeo.faithfulness.support import Support

__all__ = [
    "Support",
    "attention_permutation",
    "completeness_gap",
    "deletion",
    "infidelity",
    "insertion",
    "local_fidelity",
    "off_support",
    "randomisation",
    "sensitivity",
]
