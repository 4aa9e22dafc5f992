from django.apps import AppConfig

# table: (web, ingest), as in datacenter/accounts/grants.py.
GRANTS = {
    "taxi_shift": ("SELECT", "SELECT, INSERT, UPDATE"),
    "taxi_tariff": ("SELECT, INSERT, UPDATE", "SELECT"),
    "taxi_trip": ("SELECT", "SELECT, INSERT, UPDATE"),
}


class TaxiConfig(AppConfig):
    """出租汽车: the first subsystem on the kernel."""

    name = "taxi"
    verbose_name = "出租汽车"

    def ready(self) -> None:
        from datacenter.accounts import grants
        from taxi import admin, facts, orders, sections  # noqa: F401  they register

        grants.enter(GRANTS)
