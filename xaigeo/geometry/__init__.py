"""Explanations as shapes on the data: points, lines, vectors, boxes, connectors."""

from xaigeo.geometry.animation import Animation, animate
from xaigeo.geometry.box import Box
from xaigeo.geometry.connector import Connector
from xaigeo.geometry.explanation_plane import explanation_plane
from xaigeo.geometry.guided_tour import guided_tour
from xaigeo.geometry.line import Line
from xaigeo.geometry.mark import Mark
from xaigeo.geometry.principal_components import pca_view
from xaigeo.geometry.scene import Scene, scene
from xaigeo.geometry.standard_frame import StandardFrame
from xaigeo.geometry.tour import Tour
from xaigeo.geometry.tour_paths import grand_tour, little_tour, local_tour, radial_tour
from xaigeo.geometry.vectors import Vectors
from xaigeo.geometry.view import FeaturePair, Projection, View

__all__ = [
    "Animation",
    "Box",
    "Connector",
    "FeaturePair",
    "Line",
    "Mark",
    "Projection",
    "Scene",
    "StandardFrame",
    "Tour",
    "Vectors",
    "View",
    "animate",
    "explanation_plane",
    "grand_tour",
    "guided_tour",
    "little_tour",
    "local_tour",
    "pca_view",
    "radial_tour",
    "scene",
]
