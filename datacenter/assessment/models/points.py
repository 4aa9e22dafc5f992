"""The deduction table of practitioners (计分标准) and the points entered by it (计分记录)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from datacenter.assessment.models.subjects import Axis
from datacenter.registry.models import Vehicle


class PointRule(models.Model):
    """How many points one kind of violation takes, or one good deed gives (计分标准).

    ``points`` null means that no source gives the step: such a violation takes none, and pages say so. An empty
    industry means all that have no row of their own.
    """

    kind_code = models.CharField("事由代码", max_length=40, help_text="检测规则代码；奖励为 bonus. 开头")
    title = models.CharField("事由", max_length=60)
    industry = models.CharField("行业", max_length=12, choices=Vehicle.Kind.choices, blank=True, default="")
    axis = models.CharField("考评方面", max_length=8, choices=Axis.choices, default=Axis.SAFETY)
    bonus = models.BooleanField("奖励", default=False)
    points = models.PositiveSmallIntegerField("分值", null=True, blank=True, help_text="未见规定时留空，不计分")
    source = models.CharField("依据", max_length=300)
    source_verified = models.BooleanField("依据已核实", default=False)
    changed_at = models.DateTimeField("修改时间", auto_now=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="修改人", null=True, blank=True, related_name="+"
    )

    class Meta:
        db_table = "point_rule"
        verbose_name = verbose_name_plural = "计分标准"
        ordering = ["bonus", "kind_code", "industry"]
        constraints = [models.UniqueConstraint(fields=["kind_code", "industry"], name="point_rule_once")]

    def __str__(self) -> str:
        return self.title


class PointEntry(models.Model):
    """Points of one practitioner (计分记录). Append-only: what was wrong is taken back by an entry that reverses it.

    ``effect`` is what it does to the balance: −5 deducted, +3 earned, +5 where a deduction of 5 is reversed.
    """

    practitioner = models.ForeignKey(
        "datacenter.Practitioner", models.PROTECT, verbose_name="从业人员", related_name="point_entries"
    )
    county_id = models.CharField("县区", max_length=6, null=True)
    company_id = models.BigIntegerField("企业编号", null=True)
    violation = models.ForeignKey(
        "datacenter.Violation", models.PROTECT, verbose_name="违规行为", null=True, blank=True, related_name="+"
    )
    rule = models.ForeignKey(PointRule, models.PROTECT, verbose_name="计分标准", related_name="entries")
    title = models.CharField("事由", max_length=60)
    source = models.CharField("依据", max_length=300)
    bonus = models.BooleanField("奖励", default=False)
    effect = models.SmallIntegerField("分值变动")
    at = models.DateTimeField("发生时间")
    cycle_start = models.DateField("计分周期起")
    cycle_end = models.DateField("计分周期止", help_text="不含该日")
    entered_at = models.DateTimeField("记入时间", default=timezone.now)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="记入人", null=True, blank=True, related_name="+"
    )
    note = models.CharField("说明", max_length=300, blank=True)
    reverses = models.OneToOneField(
        "self", models.PROTECT, verbose_name="冲正", null=True, blank=True, related_name="reversed_by"
    )

    class Meta:
        db_table = "point_entry"
        verbose_name = verbose_name_plural = "计分记录"
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(cycle_end__gt=F("cycle_start")), name="point_entry_cycle_order"),
        ]
        indexes = [models.Index(fields=["practitioner", "-cycle_start"], name="point_entry_cycle")]

    def __str__(self) -> str:
        return f"{self.title} {self.effect:+d}"
