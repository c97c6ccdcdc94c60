"""In which part of the data do the seeds differ?

Left the mean probability of a class over all seeds, with a line where it is one half; right the
standard deviation between seeds. Dark places on the right are those where the random seed decides.
"""

from xaigeo.geometry.decision_regions import decision_regions
from xaigeo.viz.class_probability import class_probability


def draw(study):
    regions = decision_regions(study.ensemble, study.data.X, ("bill_length_mm", "bill_depth_mm"))
    return class_probability(regions, "Gentoo")
