"""How does a row's explanation look from all sides?

Slide through the frames of the tour, or tick Play: points and marks turn together, and the axes say
what is seen. The chart starts at the frame that shows the most of the first method's consensus.
"""

from xaigeo.geometry import grand_tour
from xaigeo.viz.tour_map import tour_map


def draw(study):
    explanations = [study.lime, study.shap]
    return tour_map(explanations, grand_tour(explanations, random_state=0), study.rows.index[0])
