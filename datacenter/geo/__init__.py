"""Places: distance, bearing, shapes, counties and areas (空间)."""
