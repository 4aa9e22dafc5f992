"""What has been counted (统计汇总): cases and the work on them, by the day a case was opened, and by month.

Nothing here is a fact of its own: all of it can be counted again from cases and legs (``manage.py count_cases``).
"""

from typing import Any

from django.db import models
from django.db.models import Q

from datacenter.cases.models import Case
from datacenter.cases.states import State
from datacenter.registry.models import Vehicle


class Span(models.TextChoices):
    """What a row counts: one day's cases, or one month's, the sum of its days."""

    DAY = "day", "日"
    MONTH = "month", "月"


def _count(title: str) -> Any:
    return models.PositiveIntegerField(title, default=0)


class CaseStatistic(models.Model):
    """Cases opened on a day, of one county, industry, kind and origin, by where they stand now (案件统计).

    ``hours`` holds a byte for each case, weekday × 24 + hour of when it happened; ``places`` four for each that has a
    place, its cell (``geo.hexagons``). Packed, since a row for each hour or cell would be a row for each case.
    """

    span = models.CharField("跨度", max_length=5, choices=Span.choices)
    first = models.DateField("起始日", help_text="案件立案日，或其月份的第一天")
    county_id = models.CharField("县区", max_length=6, blank=True, help_text="未派发为空")
    industry = models.CharField("行业", max_length=12, choices=Vehicle.Kind.choices, blank=True)
    kind = models.CharField("事由", max_length=40)
    origin = models.CharField("来源", max_length=12, choices=Case.Origin.choices)
    total = _count("案件数")
    collected = _count(State.COLLECTED.label)
    dispatched = _count(State.DISPATCHED.label)
    accepted = _count(State.ACCEPTED.label)
    handled = _count(State.HANDLED.label)
    fed_back = _count(State.FED_BACK.label)
    returned = _count(State.RETURNED.label)
    verified = _count(State.VERIFIED.label)
    closed = _count(State.CLOSED.label)
    filed = _count(State.FILED.label)
    waiting = _count("未办结")
    sent_back = _count("曾被退回")
    substantiated = _count("属实")
    unfounded = _count("不属实")
    hours = models.BinaryField("发生时段")
    places = models.BinaryField("发生网格")

    class Meta:
        db_table = "case_statistic"
        verbose_name = verbose_name_plural = "案件统计"
        constraints = [
            models.UniqueConstraint(
                fields=["span", "first", "county_id", "industry", "kind", "origin"], name="case_statistic_once"
            )
        ]
        indexes = [
            models.Index(fields=["span", "first"], condition=Q(waiting__gt=0), name="case_statistic_waiting"),
        ]


class CaseSubject(models.Model):
    """What a case can be about (案件类别): industry, kind and origin together, as a number of two bytes."""

    id = models.SmallAutoField(primary_key=True)
    industry = models.CharField("行业", max_length=12, choices=Vehicle.Kind.choices, blank=True)
    kind = models.CharField("事由", max_length=40)
    origin = models.CharField("来源", max_length=12, choices=Case.Origin.choices)

    class Meta:
        db_table = "case_subject"
        verbose_name = verbose_name_plural = "案件类别"
        constraints = [models.UniqueConstraint(fields=["industry", "kind", "origin"], name="case_subject_once")]


class OfficerStatistic(models.Model):
    """What one officer did of the cases opened on a day (承办统计): his legs of them that were not taken back.

    ``legs`` holds seven bytes for each (``packing.LEG``): what it is about, how far it came, how long that took.
    Packed, since a row for each officer and subject would be a row for each leg; medians need every leg's own time.
    """

    span = models.CharField("跨度", max_length=5, choices=Span.choices)
    first = models.DateField("起始日", help_text="案件立案日，或其月份的第一天")
    county_id = models.CharField("县区", max_length=6, blank=True, help_text="案件的县区")
    officer = models.ForeignKey(
        "datacenter.User", models.PROTECT, verbose_name="承办人", related_name="+", db_index=False
    )
    leads = models.BooleanField("主办")
    legs = models.BinaryField("派送")

    class Meta:
        db_table = "officer_statistic"
        verbose_name = verbose_name_plural = "承办统计"
        constraints = [
            models.UniqueConstraint(
                fields=["span", "first", "county_id", "officer", "leads"], name="officer_statistic_once"
            )
        ]


class ChangedDay(models.Model):
    """A day of which a case was changed since it was counted (待重计日): written with the change, gone once counted."""

    day = models.DateField("立案日")
    at = models.DateTimeField("变动时间", auto_now_add=True)

    class Meta:
        db_table = "case_changed_day"
        verbose_name = verbose_name_plural = "待重计日"
