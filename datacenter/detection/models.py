"""What detection keeps: findings, violations confirmed from them, and the limits that judged them."""

from typing import Any

from django.db import models

from datacenter.registry.models import Vehicle


class Mode(models.TextChoices):
    """Whether limits judge, or are only tried beside those that do."""

    IN_FORCE = "in_force", "生效"
    SHADOW = "shadow", "试运行"


class DetectorSetting(models.Model):
    """The limits of one detector (检测规则参数) as they stand now; every change is kept beside it."""

    code = models.CharField("规则代码", max_length=40, primary_key=True)
    title = models.CharField("名称", max_length=60)
    source = models.CharField("依据", max_length=300)
    source_verified = models.BooleanField("依据已核实", default=False)
    enabled = models.BooleanField("启用", default=True)
    mode = models.CharField("方式", max_length=8, choices=Mode.choices, default=Mode.IN_FORCE, db_default=Mode.IN_FORCE)
    limits = models.JSONField("参数", default=dict, blank=True)
    needs_screening = models.BooleanField(
        "先排查后立案", default=False, db_default=False, help_text="疑似违规经远程排查确认后才立案"
    )
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


class Exemption(models.Model):
    """A vehicle that a rule does not judge for a time, and why (规则豁免), as a shuttle at three in the morning."""

    detector = models.CharField("规则代码", max_length=40)
    vehicle = models.ForeignKey("datacenter.Vehicle", verbose_name="车辆", on_delete=models.CASCADE, related_name="+")
    valid_from = models.DateTimeField("有效期起")
    valid_until = models.DateTimeField("有效期止", null=True, blank=True)
    source = models.CharField("依据", max_length=200)
    by = models.ForeignKey(
        "datacenter.User", verbose_name="登记人", on_delete=models.PROTECT, null=True, related_name="+", editable=False
    )

    class Meta:
        db_table = "exemption"
        verbose_name = verbose_name_plural = "规则豁免"
        ordering = ["detector", "-valid_from"]
        constraints = [
            models.CheckConstraint(
                name="exemption_times_in_order",
                condition=models.Q(valid_until__isnull=True) | models.Q(valid_until__gt=models.F("valid_from")),
            )
        ]

    def __str__(self) -> str:
        return f"{self.vehicle} {self.detector}"


class DetectorLimit(models.Model):
    """Limits of a detector for some vehicles, places or times (判定参数行), beside its base.

    A condition that is null holds for all. Append-only: a change ends one row and makes another, so the table is its
    own history; the database refuses all but the ending. Which row wins stands in ``rules.WEIGHTS``.
    """

    detector = models.CharField("规则代码", max_length=40)
    vehicle_kind = models.CharField("车辆类别", max_length=12, choices=Vehicle.Kind.choices, blank=True)
    county = models.ForeignKey(
        "datacenter.County", verbose_name="县区", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    company = models.ForeignKey(
        "datacenter.Company", verbose_name="企业", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    area = models.ForeignKey(
        "datacenter.Area", verbose_name="区域", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    time_from = models.TimeField("时段起", null=True, blank=True, help_text="北京时间")
    time_until = models.TimeField("时段止", null=True, blank=True, help_text="早于时段起表示次日")
    weekdays = models.PositiveSmallIntegerField("星期", default=127, help_text="周一为最低位")
    overrides = models.JSONField("参数", help_text="只含与基准不同的参数")
    valid_from = models.DateTimeField("生效时间")
    valid_until = models.DateTimeField("失效时间", null=True, blank=True)
    mode = models.CharField("方式", max_length=8, choices=Mode.choices, default=Mode.IN_FORCE)
    source = models.CharField("依据", max_length=300)
    source_verified = models.BooleanField("依据已核实", default=False)
    note = models.CharField("理由", max_length=300)
    replaces = models.OneToOneField(
        "self", verbose_name="替代", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )
    created_at = models.DateTimeField("登记时间", auto_now_add=True)
    created_by = models.ForeignKey("datacenter.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField("终止登记时间", null=True, blank=True)
    ended_by = models.ForeignKey(
        "datacenter.User", verbose_name="终止人", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    end_note = models.CharField("终止理由", max_length=300, blank=True)

    class Meta:
        db_table = "detector_limit"
        verbose_name = verbose_name_plural = "判定参数行"
        ordering = ["-pk"]
        indexes = [models.Index(fields=["detector", "valid_until"], name="detector_limit_valid")]
        constraints = [
            models.CheckConstraint(
                name="detector_limit_hours_whole",
                condition=models.Q(time_from__isnull=True, time_until__isnull=True)
                | models.Q(time_from__isnull=False, time_until__isnull=False),
            ),
            models.CheckConstraint(
                name="detector_limit_some_day", condition=models.Q(weekdays__gte=1, weekdays__lte=127)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.detector} {self.pk}"


class InForce(models.Manager["Finding"]):
    """Findings of limits in force: what shadow limits found is nobody's lead."""

    def get_queryset(self) -> models.QuerySet["Finding"]:
        """Without those of shadow limits."""
        return super().get_queryset().filter(mode=Mode.IN_FORCE)


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
    mode = models.CharField("方式", max_length=8, choices=Mode.choices, default=Mode.IN_FORCE, db_default=Mode.IN_FORCE)
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
    # The row that judged it; null where the base did.
    limit_row = models.ForeignKey(
        DetectorLimit,
        verbose_name="判定参数行",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,  # rows are never deleted, and nobody asks for the findings of one alone
        related_name="+",
    )
    source = models.CharField("依据", max_length=300)
    evidence = models.JSONField("轨迹片段", default=dict, blank=True)
    # Written once, when the finding opens one; an origin points at its case, never the case at its origins.
    case = models.ForeignKey(
        "datacenter.Case", verbose_name="案件", on_delete=models.PROTECT, null=True, blank=True, related_name="findings"
    )
    found_at = models.DateTimeField("发现时间", auto_now_add=True)

    objects = InForce()
    every: models.Manager["Finding"] = models.Manager()

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
    revoked_at = models.DateTimeField("撤销时间", null=True, blank=True, help_text="案件重办后不属实，不再计入记录")

    class Meta:
        db_table = "violation"
        verbose_name = verbose_name_plural = "违规行为"


class DrivingSpan(models.Model):
    """One stretch of an identified driver at the wheel (驾驶时段): what the hours of days and weeks are made of."""

    practitioner = models.ForeignKey("datacenter.Practitioner", models.CASCADE, verbose_name="驾驶员", related_name="+")
    vehicle = models.ForeignKey("datacenter.Vehicle", models.CASCADE, verbose_name="车辆", related_name="+")
    started_at = models.DateTimeField("开始")
    ended_at = models.DateTimeField("结束")

    class Meta:
        db_table = "driving_span"
        verbose_name = verbose_name_plural = "驾驶时段"
        constraints = [
            models.UniqueConstraint(fields=["vehicle", "practitioner", "started_at"], name="driving_span_once")
        ]
        indexes = [
            models.Index(fields=["practitioner", "-ended_at"], name="driving_span_driver"),
            models.Index(fields=["vehicle", "-ended_at"], name="driving_span_vehicle"),
        ]


class PlateRead(models.Model):
    """A plate that a camera beside the road read (车牌识别记录), whoever's it is. ``reference`` is the sender's own."""

    plate = models.CharField("车牌号", max_length=10)
    plate_colour = models.PositiveSmallIntegerField("车牌颜色", null=True, blank=True)
    read_at = models.DateTimeField("识别时间")
    latitude_e6 = models.IntegerField("纬度 1e-6°")
    longitude_e6 = models.IntegerField("经度 1e-6°")
    place = models.CharField("地点", max_length=80, blank=True)
    source = models.CharField("来源", max_length=40)
    reference = models.CharField("来源编号", max_length=80)
    vehicle = models.ForeignKey(
        "datacenter.Vehicle", models.SET_NULL, verbose_name="登记车辆", null=True, blank=True, related_name="+"
    )

    class Meta:
        db_table = "plate_read"
        verbose_name = verbose_name_plural = "车牌识别记录"
        constraints = [models.UniqueConstraint(fields=["source", "reference"], name="plate_read_once")]
        indexes = [models.Index(fields=["plate", "-read_at"], name="plate_read_plate")]


class UntoldEvent(models.Model):
    """An event that could not become a finding yet (待入库事件): told again until it can, then gone from here.

    ``told`` is the event as ``events.Told`` has it. ``next_try_at`` is null once no attempt is left; the row stays.
    """

    rule = models.CharField("规则代码", max_length=40)
    vehicle = models.ForeignKey(
        "datacenter.Vehicle",
        models.DO_NOTHING,
        verbose_name="车辆",
        related_name="+",
        db_constraint=False,  # what is kept here costs nobody else a row, a struck vehicle's neither
    )
    reference = models.CharField("来源", max_length=80)
    at = models.BigIntegerField("时刻（unix）")
    told = models.JSONField("事件")
    failed_at = models.DateTimeField("首次失败")
    attempts = models.PositiveSmallIntegerField("尝试次数", default=1)
    tried_at = models.DateTimeField("最近尝试")
    next_try_at = models.DateTimeField("下次尝试", null=True)
    last_error = models.CharField("最近错误", max_length=300)

    class Meta:
        db_table = "untold_event"
        verbose_name = verbose_name_plural = "待入库事件"
        ordering = ["-failed_at", "-pk"]
        constraints = [
            # The end of an alarm comes under the alarm's reference, at another moment: it is an event of its own.
            models.UniqueConstraint(fields=["rule", "vehicle", "reference", "at"], name="untold_event_once")
        ]
        indexes = [models.Index(fields=["next_try_at"], name="untold_event_due")]

    def __str__(self) -> str:
        return f"{self.rule} {self.reference}"


class Backtest(models.Model):
    """Proposed limits tried on past tracks beside those in force (回测): what would be found, before it is saved."""

    class State(models.TextChoices):
        WAITING = "waiting", "等待"
        RUNNING = "running", "进行中"
        DONE = "done", "完成"
        CANCELLED = "cancelled", "已取消"
        FAILED = "failed", "失败"

    UNDER_WAY = (State.WAITING, State.RUNNING)

    detector = models.CharField("规则代码", max_length=40)
    # A row as ``settings.add_limit`` takes it, and the row in force that it would replace.
    proposal = models.JSONField("拟定参数")
    replaces = models.ForeignKey(
        DetectorLimit, verbose_name="替代", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    since = models.DateTimeField("起")
    until = models.DateTimeField("止")
    scope_level = models.CharField("数据范围", max_length=8)
    scope_id = models.CharField("范围编号", max_length=20, blank=True)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.WAITING)
    last_vehicle = models.BigIntegerField("已算至车辆", default=0)
    vehicles_done = models.IntegerField("已算车辆", default=0)
    vehicles = models.IntegerField("车辆数", default=0)
    positions = models.BigIntegerField("定位数", default=0)
    counts = models.JSONField("条数", default=dict)
    samples = models.JSONField("样本", default=dict)
    error = models.CharField("错误", max_length=300, blank=True)
    created_at = models.DateTimeField("提交时间", auto_now_add=True)
    created_by = models.ForeignKey("datacenter.User", verbose_name="提交人", on_delete=models.PROTECT, related_name="+")
    touched_at = models.DateTimeField("最近进展", auto_now=True)

    class Meta:
        db_table = "backtest"
        verbose_name = verbose_name_plural = "回测"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["created_by"],
                condition=models.Q(state__in=["waiting", "running"]),
                name="backtest_one_at_a_time",
            )
        ]

    @property
    def under_way(self) -> bool:
        """Whether it is waiting or running."""
        return self.state in self.UNDER_WAY

    @property
    def percent(self) -> int:
        """How far it is."""
        return 100 * self.vehicles_done // self.vehicles if self.vehicles else 0

    def total(self, which: str) -> Any:
        """All findings of ``old`` or ``new`` limits."""
        return sum(figures[which] for days in self.counts.values() for figures in days.values())
