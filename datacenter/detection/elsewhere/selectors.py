"""Reads of leads about vehicles from elsewhere (外地车线索查询)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from datacenter.accounts.scope import scope_of
from datacenter.detection.elsewhere.errors import LeadNotFound
from datacenter.detection.elsewhere.models import ElsewhereLead


def leads_visible_to(user: Any) -> QuerySet[ElsewhereLead]:
    """Leads of the user's county or city, newest first; companies have none: no company here owns the vehicle."""
    rows = ElsewhereLead.objects.select_related("county", "decided_by", "case").defer(
        "county__boundary", "county__disputed", "evidence"
    )
    scope = scope_of(user)
    if scope.level not in ("city", "county"):
        return rows.none()
    return scope.limit(rows)


def get_lead_for(user: Any, pk: int) -> ElsewhereLead:
    """One lead with its evidence. Raises ``LeadNotFound``."""
    lead = leads_visible_to(user).defer(None).defer("county__boundary", "county__disputed").filter(pk=pk).first()
    if lead is None:
        raise LeadNotFound(pk=pk)
    return lead


def found(leads: QuerySet[ElsewhereLead], wanted: dict[str, Any]) -> QuerySet[ElsewhereLead]:
    """``leads`` that the filters of the list let through."""
    if text := (wanted.get("q") or "").strip().upper():
        leads = leads.filter(plate__contains=text)
    if state := wanted.get("state"):
        leads = leads.filter(state=state)
    if county := wanted.get("county"):
        leads = leads.filter(county_id=county)
    if since := wanted.get("since"):
        leads = leads.filter(found_at__gte=_midnight(since))
    if until := wanted.get("until"):
        leads = leads.filter(found_at__lt=_midnight(until) + timedelta(days=1))
    return leads


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min), timezone.get_default_timezone())
