"""How months are scored (考核规则): every weight, target and figure is a row with its source and history."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from datacenter.assessment.models.subjects import Axis, Kind


class AssessmentSetting(models.Model):
    """One figure of assessment and credit (考核参数), as the points a cycle begins with."""

    code = models.CharField("代码", max_length=30, primary_key=True)
    title = models.CharField("名称", max_length=60)
    value = models.PositiveIntegerField("值")
    unit = models.CharField("单位", max_length=10, blank=True)
    source = models.CharField("依据", max_length=300)
    source_verified = models.BooleanField("依据已核实", default=False)
    changed_at = models.DateTimeField("修改时间", auto_now=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="修改人", null=True, blank=True, related_name="+"
    )

    class Meta:
        db_table = "assessment_setting"
        verbose_name = verbose_name_plural = "考核参数"
        ordering = ["code"]

    def __str__(self) -> str:
        return self.title


class IndicatorRule(models.Model):
    """How one indicator becomes a score, and what it weighs (指标规则), from one month until before another.

    A change ends one row and makes another, so the table is its own history. An indicator that nobody registers has
    its row all the same: pages say that it is absent, and the others share its weight.
    """

    class Formula(models.TextChoices):
        RATE = "rate", "按比例"
        LINEAR = "linear", "线性"
        DEDUCT = "deduct", "逐项扣分"
        STEPS = "steps", "分档"

    indicator = models.CharField("指标代码", max_length=40)
    title = models.CharField("指标", max_length=40)
    kind = models.CharField("对象类别", max_length=12, choices=Kind.choices)
    axis = models.CharField("考评方面", max_length=8, choices=Axis.choices)
    weight = models.DecimalField("权重", max_digits=5, decimal_places=1)
    formula = models.CharField("计分方式", max_length=8, choices=Formula.choices)
    target = models.FloatField("目标值", null=True, blank=True)
    floor = models.FloatField("底线值", null=True, blank=True)
    params = models.JSONField("参数", default=dict, blank=True)
    valid_from = models.DateField("起始月")
    valid_until = models.DateField("终止月", null=True, blank=True, help_text="自该月起不再适用")
    source = models.CharField("依据", max_length=300)
    source_verified = models.BooleanField("依据已核实", default=False)
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="核实人", null=True, blank=True, related_name="+"
    )
    verified_at = models.DateTimeField("核实时间", null=True, blank=True)
    note = models.CharField("理由", max_length=300, blank=True)
    replaces = models.OneToOneField(
        "self", models.PROTECT, verbose_name="替代", null=True, blank=True, related_name="replaced_by"
    )
    created_at = models.DateTimeField("登记时间", auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="登记人", null=True, blank=True, related_name="+"
    )

    class Meta:
        db_table = "indicator_rule"
        verbose_name = verbose_name_plural = "指标规则"
        ordering = ["kind", "axis", "indicator", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["indicator"], condition=Q(valid_until__isnull=True), name="indicator_rule_one_open"
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="indicator_rule_months_in_order",
            ),
            models.CheckConstraint(condition=Q(weight__gte=0), name="indicator_rule_weight"),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.weight}"
