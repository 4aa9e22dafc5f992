"""What detection keeps: findings, violations confirmed from them, and the limits that judged them."""

from django.db import models


class DetectorSetting(models.Model):
    """The limits of one detector (检测规则参数) as they stand now; every change is kept beside it."""

    code = models.CharField("规则代码", max_length=40, primary_key=True)
    title = models.CharField("名称", max_length=60)
    source = models.CharField("依据", max_length=300)
    source_verified = models.BooleanField("依据已核实", default=False)
    enabled = models.BooleanField("启用", default=True)
    limits = models.JSONField("参数", default=dict, blank=True)
    changed_at = models.DateTimeField("修改时间", auto_now=True)
    changed_by = models.ForeignKey(
        "datacenter.User", verbose_name="修改人", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        db_table = "detector_setting"
        verbose_name = verbose_name_plural = "检测规则"
        ordering = ["code"]

    def __str__(self) -> str:
        return self.title


class DetectorSettingChange(models.Model):
    """One change of limits (参数修改记录): from what, to what, by whom, when. Append-only."""

    setting = models.ForeignKey(DetectorSetting, verbose_name="规则", on_delete=models.PROTECT, related_name="changes")
    at = models.DateTimeField("时间", auto_now_add=True)
    by = models.ForeignKey(
        "datacenter.User", verbose_name="修改人", on_delete=models.PROTECT, null=True, related_name="+"
    )
    before = models.JSONField("修改前")
    after = models.JSONField("修改后")

    class Meta:
        db_table = "detector_setting_change"
        verbose_name = verbose_name_plural = "参数修改记录"
        ordering = ["-at"]


class Finding(models.Model):
    """A suspected violation that the platform found (疑似违规): by law a lead until an officer has confirmed it.

    Keeps the limits, measures, clause and track slice that made it, so that it can be replayed years later.
    """

    class State(models.TextChoices):
        ONGOING = "ongoing", "进行中"
        ENDED = "ended", "已结束"
        SUPERSEDED = "superseded", "重检后撤销"

    detector = models.CharField("规则代码", max_length=40)
    title = models.CharField("名称", max_length=60)
    vehicle = models.ForeignKey("datacenter.Vehicle", verbose_name="车辆", on_delete=models.PROTECT)
    company_id = models.BigIntegerField(null=True)
    county_id = models.CharField("县区", max_length=6, null=True)
    state = models.CharField("状态", max_length=12, choices=State.choices, default=State.ONGOING)
    started_at = models.DateTimeField("开始")
    ended_at = models.DateTimeField("结束")
    latitude_e6 = models.IntegerField("纬度 1e-6°", null=True)
    longitude_e6 = models.IntegerField("经度 1e-6°", null=True)
    measures = models.JSONField("实测值", default=dict)
    limits = models.JSONField("判定参数", default=dict)
    source = models.CharField("依据", max_length=300)
    evidence = models.JSONField("轨迹片段", default=dict, blank=True)
    # Written once, when the finding opens one; an origin points at its case, never the case at its origins.
    case = models.ForeignKey(
        "datacenter.Case", verbose_name="案件", on_delete=models.PROTECT, null=True, blank=True, related_name="findings"
    )
    found_at = models.DateTimeField("发现时间", auto_now_add=True)

    class Meta:
        db_table = "finding"
        verbose_name = verbose_name_plural = "疑似违规"
        ordering = ["-started_at", "-pk"]
        indexes = [
            models.Index(fields=["vehicle", "detector", "-started_at"], name="finding_vehicle_detector"),
            models.Index(fields=["county_id", "-started_at"], name="finding_county"),
            models.Index(fields=["-started_at", "-id"], name="finding_started"),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.started_at:%Y-%m-%d %H:%M:%S}"


class Violation(models.Model):
    """A finding that an officer has confirmed (违规行为): on the record of driver, vehicle and company."""

    finding = models.OneToOneField(Finding, verbose_name="疑似违规", on_delete=models.PROTECT, related_name="violation")
    vehicle = models.ForeignKey("datacenter.Vehicle", verbose_name="车辆", on_delete=models.PROTECT)
    practitioner = models.ForeignKey(
        "datacenter.Practitioner", verbose_name="驾驶员", on_delete=models.PROTECT, null=True, blank=True
    )
    company_id = models.BigIntegerField(null=True)
    county_id = models.CharField("县区", max_length=6, null=True)
    confirmed_at = models.DateTimeField("确认时间", auto_now_add=True)
    confirmed_by = models.ForeignKey(
        "datacenter.User", verbose_name="确认人", on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        db_table = "violation"
        verbose_name = verbose_name_plural = "违规行为"
