"""Explanations as shapes on the data: points, lines, vectors, boxes, connectors."""

from xaigeo.geometry.animation import Animation, animate
from xaigeo.geometry.attribution_space import AttributionSpace, attribution_space
from xaigeo.geometry.box import Box
from xaigeo.geometry.connector import Connector
from xaigeo.geometry.decision_regions import DecisionRegions, decision_regions
from xaigeo.geometry.explanation_plane import explanation_plane
from xaigeo.geometry.guided_tour import guided_tour
from xaigeo.geometry.line import Line
from xaigeo.geometry.mark import Mark
from xaigeo.geometry.modes import Modes, explanatory_modes
from xaigeo.geometry.partial_dependence import PartialDependence, partial_dependence
from xaigeo.geometry.principal_components import pca_view
from xaigeo.geometry.scene import Scene, scene
from xaigeo.geometry.standard_frame import StandardFrame
from xaigeo.geometry.tour import Tour
from xaigeo.geometry.tour_paths import grand_tour, little_tour, local_tour, radial_tour
from xaigeo.geometry.vectors import Vectors
from xaigeo.geometry.view import FeaturePair, Projection, View

__all__ = [
    "Animation",
    "AttributionSpace",
    "Box",
    "Connector",
    "DecisionRegions",
    "FeaturePair",
    "Line",
    "Mark",
    "Modes",
    "PartialDependence",
    "Projection",
    "Scene",
    "StandardFrame",
    "Tour",
    "Vectors",
    "View",
    "animate",
    "attribution_space",
    "decision_regions",
    "explanation_plane",
    "explanatory_modes",
    "grand_tour",
    "guided_tour",
    "little_tour",
    "local_tour",
    "partial_dependence",
    "pca_view",
    "radial_tour",
    "scene",
]
