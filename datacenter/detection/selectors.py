"""Reads of findings (疑似违规查询)."""

from typing import Any

from django.db.models import Q, QuerySet

from datacenter.accounts.scope import scope_of
from datacenter.cases.models import Case
from datacenter.detection.errors import BacktestNotFound, LimitRowNotFound
from datacenter.detection.models import Backtest, DetectorLimit, DetectorSetting, Finding
from datacenter.registry.selectors import companies_visible_to, vehicles_visible_to


def findings_visible_to(user: Any) -> QuerySet[Finding]:
    """Every finding inside the user's scope, newest first, without those that re-detection took back."""
    rows = scope_of(user).limit(Finding.objects.exclude(state=Finding.State.SUPERSEDED))
    return rows.select_related("case").order_by("-started_at", "-pk")


def findings_counted_for(user: Any) -> QuerySet[Finding]:
    """Findings to be counted, not shown: also those of limits on trial, which are nobody's lead (``mode``)."""
    return scope_of(user).limit(Finding.every.exclude(state=Finding.State.SUPERSEDED))


def limits_visible_to(user: Any) -> QuerySet[DetectorLimit]:
    """Rows of limits for all, and those for counties and companies in which the user sees vehicles; newest first."""
    rows = DetectorLimit.objects.select_related("county", "company", "area", "created_by", "ended_by").defer(
        "county__boundary", "county__disputed", "area__boundary"
    )
    scope = scope_of(user)
    if scope.level == "city":
        return rows
    if scope.level == "none":
        return rows.none()
    companies = companies_visible_to(user).order_by().values("pk")
    counties = vehicles_visible_to(user).order_by().values("county_id")
    where = Q(county=None) | Q(county_id__in=counties)
    if scope.level == "county":
        where |= Q(county_id=scope.id)
    return rows.filter(where, Q(company=None) | Q(company_id__in=companies))


def get_limit_for(user: Any, code: str, pk: int) -> DetectorLimit:
    """One row of a detector's. Raises ``LimitRowNotFound``."""
    row = limits_visible_to(user).filter(detector=code, pk=pk).first()
    if row is None:
        raise LimitRowNotFound(pk=pk)
    return row


def backtests_visible_to(user: Any) -> QuerySet[Backtest]:
    """Back-tests of the whole city's desk, newest first; they are counted over the city's tracks."""
    rows = Backtest.objects.select_related("created_by", "replaces__area")
    return rows if scope_of(user).level == "city" and user.may("detector.change") else rows.none()


def get_backtest_for(user: Any, pk: int) -> Backtest:
    """One back-test. Raises ``BacktestNotFound``."""
    test = backtests_visible_to(user).filter(pk=pk).first()
    if test is None:
        raise BacktestNotFound(pk=pk)
    return test


def finding_of(case: Case) -> Finding | None:
    """The finding that opened ``case``, if one did; the newest that still stands where there are several."""
    return case.findings.order_by("state", "-pk").exclude(state=Finding.State.SUPERSEDED).first() or (
        case.findings.order_by("-pk").first()
    )


def clause_is_verified(detector: str) -> bool:
    """Whether somebody has checked the clause that a detector cites; pages mark it 未核实 where not."""
    return DetectorSetting.objects.filter(pk=detector, source_verified=True).exists()
