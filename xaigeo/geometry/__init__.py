"""Explanations as shapes on the data: points, lines, vectors, boxes, connectors."""

from xaigeo.geometry.box import Box
from xaigeo.geometry.connector import Connector
from xaigeo.geometry.explanation_plane import explanation_plane
from xaigeo.geometry.line import Line
from xaigeo.geometry.mark import Mark
from xaigeo.geometry.principal_components import pca_view
from xaigeo.geometry.scene import Scene, scene
from xaigeo.geometry.standard_frame import StandardFrame
from xaigeo.geometry.vectors import Vectors
from xaigeo.geometry.view import FeaturePair, Projection, View

__all__ = [
    "Box",
    "Connector",
    "FeaturePair",
    "Line",
    "Mark",
    "Projection",
    "Scene",
    "StandardFrame",
    "Vectors",
    "View",
    "explanation_plane",
    "pca_view",
    "scene",
]
