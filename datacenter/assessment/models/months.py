"""A month that is assessed (考核月份), its figures and places, and what was objected to and corrected.

A published month is frozen: a trigger refuses every change of it, of its scores and of its standings. What turns out
wrong later is a row of its own.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from datacenter.assessment.models.rules import IndicatorRule
from datacenter.assessment.models.subjects import Axis, OfSubject


class AssessmentMonth(models.Model):
    """One month (考核月份): recomputed every night while a draft, frozen once published."""

    class State(models.TextChoices):
        DRAFT = "draft", "草稿"
        PUBLISHED = "published", "已公布"

    first_day = models.DateField("月份", unique=True)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.DRAFT)
    computed_at = models.DateTimeField("计算时间", null=True)
    took_ms = models.PositiveIntegerField("用时 ms", default=0)
    absent = models.JSONField("缺少的指标", default=list)
    published_at = models.DateTimeField("公布时间", null=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="公布人", null=True, related_name="+"
    )
    rules = models.JSONField("公布时的规则", default=list)
    digest = models.CharField("数据摘要 SHA-256", max_length=64, blank=True)

    class Meta:
        db_table = "assessment_month"
        verbose_name = verbose_name_plural = "考核月份"
        ordering = ["-first_day"]

    def __str__(self) -> str:
        return self.key

    @property
    def key(self) -> str:
        """2026-11, as addresses spell it."""
        return f"{self.first_day:%Y-%m}"

    @property
    def frozen(self) -> bool:
        """Whether nothing of it changes any more."""
        return self.state == self.State.PUBLISHED


class Score(OfSubject):
    """What one indicator says of one subject in one month (考核得分): a value and what it was divided from.

    Value and score are null where there was nothing to divide by.
    """

    month = models.ForeignKey(AssessmentMonth, models.PROTECT, verbose_name="月份", related_name="scores")
    indicator = models.CharField("指标代码", max_length=40)
    rule = models.ForeignKey(IndicatorRule, models.PROTECT, verbose_name="规则", related_name="+", db_index=False)
    weight = models.FloatField("权重")
    numerator = models.FloatField("分子", null=True)
    denominator = models.FloatField("分母", null=True)
    value = models.FloatField("指标值", null=True)
    score = models.FloatField("得分", null=True)
    corrected = models.BooleanField("经更正", default=False)

    class Meta:
        db_table = "assessment_score"
        verbose_name = verbose_name_plural = "考核得分"
        constraints = [
            models.UniqueConstraint(fields=["month", "kind", "subject", "indicator"], name="assessment_score_once")
        ]


class Standing(OfSubject):
    """Where one subject stands in one month (考核排名): total, the four sides, its place.

    ``covered`` is the share of all weights for which it had a figure.
    """

    month = models.ForeignKey(AssessmentMonth, models.PROTECT, verbose_name="月份", related_name="standings")
    total = models.FloatField("总分", null=True)
    conduct = models.FloatField(Axis.CONDUCT.label, null=True)
    service = models.FloatField(Axis.SERVICE.label, null=True)
    safety = models.FloatField(Axis.SAFETY.label, null=True)
    command = models.FloatField(Axis.COMMAND.label, null=True)
    covered = models.FloatField("覆盖权重", default=0)
    rank = models.PositiveIntegerField("名次", null=True)
    place = models.PositiveIntegerField("顺序", default=0)
    ranked = models.PositiveIntegerField("参加排名", default=0)

    class Meta:
        db_table = "assessment_standing"
        verbose_name = verbose_name_plural = "考核排名"
        ordering = ["place", "pk"]
        constraints = [models.UniqueConstraint(fields=["month", "kind", "subject"], name="assessment_standing_once")]
        indexes = [
            models.Index(fields=["month", "kind", "place"], name="assessment_standing_place"),
            models.Index(fields=["kind", "subject"], name="assessment_standing_subject"),
        ]


class Correction(OfSubject):
    """One figure that was put right, and why (更正). Append-only.

    In a draft it takes the computed figure's place; of a published month it stands beside the frozen one.
    """

    month = models.ForeignKey(AssessmentMonth, models.PROTECT, verbose_name="月份", related_name="corrections")
    indicator = models.CharField("指标代码", max_length=40)
    was_numerator = models.FloatField("原分子", null=True)
    was_denominator = models.FloatField("原分母", null=True)
    was_score = models.FloatField("原得分", null=True)
    was_total = models.FloatField("原总分", null=True)
    numerator = models.FloatField("更正分子")
    denominator = models.FloatField("更正分母", null=True)
    score = models.FloatField("更正得分", null=True)
    total = models.FloatField("更正总分", null=True)
    after_publication = models.BooleanField("公布后更正")
    reason = models.CharField("更正理由", max_length=500)
    at = models.DateTimeField("更正时间", default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="更正人", related_name="+")

    class Meta:
        db_table = "assessment_correction"
        verbose_name = verbose_name_plural = "考核更正"
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["month", "kind", "subject"], name="assessment_correction_of")]


class Objection(OfSubject):
    """What a county or company holds against one of its figures (考核申诉), and the city's answer."""

    class State(models.TextChoices):
        OPEN = "open", "待处理"
        UPHELD = "upheld", "成立"
        REJECTED = "rejected", "不成立"

    month = models.ForeignKey(AssessmentMonth, models.PROTECT, verbose_name="月份", related_name="objections")
    indicator = models.CharField("指标代码", max_length=40)
    title = models.CharField("指标", max_length=40)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.OPEN)
    reason = models.CharField("申诉理由", max_length=1000)
    asked_at = models.DateTimeField("申诉时间", default=timezone.now)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="申诉人", related_name="+")
    note = models.CharField("处理意见", max_length=500, blank=True)
    decided_at = models.DateTimeField("处理时间", null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="处理人", null=True, blank=True, related_name="+"
    )
    correction = models.OneToOneField(
        Correction, models.PROTECT, verbose_name="更正", null=True, blank=True, related_name="objection"
    )

    class Meta:
        db_table = "objection"
        verbose_name = verbose_name_plural = "考核申诉"
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["month", "kind", "subject", "indicator"], condition=Q(state="open"), name="objection_one_open"
            )
        ]
