"""How does a row's explanation look from all sides?

Slide through the frames of the tour, or tick Play: points and marks turn together, and the axes say
what is seen. The chart starts at the frame that shows the most of the first method's consensus.
"""

import xaigeo as xg


def draw(study):
    explanations = [study.lime, study.shap]
    tour = xg.geometry.grand_tour(explanations, random_state=0)
    return xg.viz.tour_map(explanations, tour, study.rows.index[0])
