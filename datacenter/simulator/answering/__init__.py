"""How simulated terminals answer orders (应答), a module a theme; ``ANSWERS`` and ``TAXI_ANSWERS`` are the tables."""

from . import areas, data, dialogue, location, media, safety, settings, taxi, video
from .table import ANSWERS, TAXI_ANSWERS

__all__ = [
    "ANSWERS",
    "TAXI_ANSWERS",
    "areas",
    "data",
    "dialogue",
    "location",
    "media",
    "safety",
    "settings",
    "taxi",
    "video",
]
