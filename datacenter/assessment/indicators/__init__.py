"""What the kernel itself counts (平台自有指标): fleets, violations, cases, points. Other packages register theirs."""

from datacenter.assessment import catalogue
from datacenter.assessment.indicators import cases, fleet, points, violations


def register() -> None:
    """Enter them all in the catalogue."""
    catalogue.register(*cases.INDICATORS, *fleet.INDICATORS, *violations.INDICATORS, *points.INDICATORS)
