from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate

# table: (web, ingest), as in datacenter/accounts/grants.py.
GRANTS = {
    "call": ("SELECT, INSERT, UPDATE", "SELECT, UPDATE"),
    "call_event": ("SELECT, INSERT", "SELECT"),
    "call_extension": ("SELECT, INSERT, UPDATE", "SELECT"),
    "complaint_call_back": ("SELECT, INSERT", "SELECT"),
    "complaint_category": ("SELECT, INSERT, UPDATE", "SELECT"),
    "complaint_client": ("SELECT, INSERT, UPDATE", "SELECT"),
    "complaint_company_request": ("SELECT, INSERT, UPDATE", "SELECT"),
    "complaint_evidence": ("SELECT, INSERT", "SELECT"),
    "complaint_hand_over": ("SELECT, INSERT", "SELECT"),
    "complaint_lost_item": ("SELECT, INSERT, UPDATE", "SELECT"),
    "complaint_order": ("SELECT, INSERT, UPDATE", "SELECT, UPDATE"),
    "complaint_order_event": ("SELECT, INSERT", "SELECT, INSERT"),
    "complaint_order_file": ("SELECT, INSERT", "SELECT"),
    "complaint_quality_check": ("SELECT, INSERT", "SELECT"),
    "complaint_setting": ("SELECT, INSERT, UPDATE", "SELECT"),
    "knowledge_article": ("SELECT, INSERT, UPDATE", "SELECT"),
    "knowledge_version": ("SELECT, INSERT", "SELECT"),
    "rating_code": ("SELECT, INSERT, UPDATE", "SELECT"),
    "rating_day": ("SELECT", "SELECT, INSERT, UPDATE, DELETE"),
    "rating_reason": ("SELECT, INSERT, UPDATE", "SELECT"),
    "rating_setting": ("SELECT, INSERT, UPDATE", "SELECT"),
    "ride_rating": ("SELECT, INSERT, UPDATE", "SELECT, UPDATE"),
}


class ComplaintsConfig(AppConfig):
    """12328 热线: orders, calls, knowledge, lost property, ratings."""

    name = "complaints"
    verbose_name = "12328 热线"

    def ready(self) -> None:
        from complaints import admin, demo, entries, indicators  # noqa: F401  they register
        from complaints.calls import console
        from complaints.orders import admin as orders_admin  # noqa: F401  it registers
        from complaints.orders import following, telling
        from datacenter.accounts import grants

        grants.enter(GRANTS)
        following.register()
        console.register()
        demo.register()
        indicators.register()
        telling.register()
        post_migrate.connect(enter_rows, sender=self, dispatch_uid="complaint_rows")


def enter_rows(**_: Any) -> None:
    """The rows that an installation starts with; those that are there keep what somebody set."""
    from complaints.calls import defaults as calls
    from complaints.orders import defaults as orders
    from complaints.ratings import defaults as ratings

    for rows in (orders, calls, ratings):
        rows.enter_defaults()
