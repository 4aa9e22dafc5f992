"""How far over the limit a finding is, from 0 to 100 (分值): what the queue is ordered by. Pure.

A detector that knows better (a model with a probability) measures ``score`` itself, 0–100. Otherwise the excess
decides: at the limit 0, half as much again 50, twice as much 67. Speed goes before time; time alone counts against the
shortest that the rule takes notice of.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

OWN = "score"
UNMEASURED = 30
"""Where nothing can be compared: looked at after what is far over, before what is barely over."""
_HALF = 0.5  # the excess that gives 50
# (measured, factor to the limit's unit, limit beside the measures or among the limits), the first that is there counts
_COMPARED = (
    ("peak_speed_dkmh", 0.1, "limit_kmh"),
    ("silent_s", 1.0, "silence_s"),
    ("lasting_s", 1.0, "lasting_s"),
)


def score_of(measures: Mapping[str, Any], limits: Mapping[str, Any], industry: str = "") -> int:
    """The score of what was measured against what it was judged by; a limit by kind of vehicle is ``industry``'s."""
    own = measures.get(OWN)
    if _is_number(own):
        return round(min(100.0, max(0.0, float(own))))
    for measured, factor, limit in _COMPARED:
        value = measures.get(measured)
        against = limits.get(limit) if measured == limit else measures.get(limit, limits.get(limit))
        if isinstance(against, Mapping):
            against = against.get(industry)
        if _is_number(value) and _is_number(against) and against > 0:
            excess = max(0.0, value * factor / against - 1)
            return round(100 * excess / (excess + _HALF))
    return UNMEASURED


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value
