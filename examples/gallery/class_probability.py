"""In which part of the data do the seeds differ?

Left the mean probability of a class over all seeds, with a line where it is one half; right the
standard deviation between seeds. Dark places on the right are those where the random seed decides.
"""

import xaigeo as xg


def draw(study):
    regions = xg.geometry.decision_regions(
        study.ensemble, study.data.X, ("bill_length_mm", "bill_depth_mm")
    )
    return xg.viz.class_probability(regions, "Gentoo")
