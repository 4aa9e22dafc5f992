from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate

# table: (web, ingest), as in datacenter/accounts/grants.py.
GRANTS = {
    "taxi_rank_visit": ("SELECT", "SELECT, INSERT, UPDATE, DELETE"),
    "taxi_ride": ("SELECT", "SELECT, INSERT, UPDATE, DELETE"),
    "taxi_ride_progress": ("SELECT", "SELECT, INSERT, UPDATE, DELETE"),
    "taxi_shift": ("SELECT", "SELECT, INSERT, UPDATE"),
    "taxi_tariff": ("SELECT, INSERT, UPDATE", "SELECT"),
    "taxi_trip": ("SELECT", "SELECT, INSERT, UPDATE"),
}


# Kinds of case that only taxis have, and the evidence that each wants.
STANDARDS = {
    "taxi.unmetered": ["track"],
    "taxi.unmetered_signal": ["track"],
    "taxi.meter_tampered": ["track"],
    "taxi.detour": ["track"],
    "taxi.unlicensed_driver": [],
    "taxi.refusal": ["track"],
    "taxi.false_vacant": ["track"],
}


class TaxiConfig(AppConfig):
    """出租汽车: the first subsystem on the kernel."""

    name = "taxi"
    verbose_name = "出租汽车"

    def ready(self) -> None:
        from datacenter.accounts import grants
        from datacenter.tracks import follow
        from taxi import admin, facts, indicators, orders, sections  # noqa: F401  they register
        from taxi.detection import detectors, remarks  # noqa: F401  they register
        from taxi.meter import detector  # noqa: F401  it registers
        from taxi.places import detectors as places  # noqa: F401  it registers
        from taxi.rides import following

        grants.enter(GRANTS)
        follow.register_listener(following.note)
        indicators.register()
        post_migrate.connect(enter_standards, sender=self, dispatch_uid="taxi_standards")


def enter_standards(**_: Any) -> None:
    """Give taxis' own kinds of case their standards; rows that are there keep what an officer set."""
    from datacenter.cases.workflow import enter_rules_of

    enter_rules_of("taxi", STANDARDS)
