"""Patrols on the road and the orders they get from online cases (执法巡逻、路面核查单).

An order goes to one patrol and belongs to the case's county; the next patrol gets an order of its own. Steps are
append-only. Of a patrol only the last known place is kept, and only while it is on duty and shares it.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from datacenter.registry.models import Vehicle


class Patrol(models.Model):
    """An enforcement vehicle with its crew (执法巡逻): where it is, as its phone says or its vehicle's terminal.

    ``county`` is its team's (none: it works in the whole city), kept here for the wall.
    """

    team = models.ForeignKey("datacenter.Unit", verbose_name="执法队", on_delete=models.PROTECT, related_name="+")
    county = models.ForeignKey(
        "datacenter.County", verbose_name="县区", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    name = models.CharField("巡逻车", max_length=40, help_text="如“巡逻 1 车”或执法车号牌")
    vehicle = models.ForeignKey(
        Vehicle, verbose_name="车载终端的车辆", on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        help_text="执法车装有登记的终端时填写，位置取自终端",
    )  # fmt: skip
    active = models.BooleanField("启用", default=True)
    on_duty = models.BooleanField("在勤", default=False)
    on_duty_since = models.DateTimeField("上勤时间", null=True, blank=True)
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="带车执法人员", on_delete=models.PROTECT, null=True, blank=True,
        related_name="+",
    )  # fmt: skip
    sharing = models.BooleanField("共享位置", default=False, help_text="执法人员在手机页上同意后开启，可随时关闭")
    latitude_e6 = models.IntegerField("纬度 1e-6°", null=True, blank=True)
    longitude_e6 = models.IntegerField("经度 1e-6°", null=True, blank=True)
    accuracy_m = models.PositiveIntegerField("精度 m", null=True, blank=True)
    located_at = models.DateTimeField("定位时间", null=True, blank=True)

    class Meta:
        db_table = "patrol"
        verbose_name = verbose_name_plural = "执法巡逻"
        ordering = ["team_id", "name"]
        constraints = [
            models.UniqueConstraint(fields=["team", "name"], name="patrol_name_once"),
            models.UniqueConstraint(fields=["officer"], condition=Q(on_duty=True), name="patrol_officer_once"),
            models.CheckConstraint(
                condition=Q(on_duty=True, sharing=True) | Q(latitude_e6=None, longitude_e6=None, located_at=None),
                name="patrol_place_only_while_shared",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RoadsideCheck(models.Model):
    """An order to one patrol to look at a vehicle on the road (路面核查单), and what it found."""

    class State(models.TextChoices):
        SENT = "sent", "待接单"
        ACCEPTED = "accepted", "前往中"
        DECLINED = "declined", "已拒单"
        ANSWERED = "answered", "已反馈"
        EXPIRED = "expired", "已过期"
        WITHDRAWN = "withdrawn", "已撤回"

    class DeclineReason(models.TextChoices):
        BUSY = "busy", "正在处理其他任务"
        FAR = "far", "距离过远，无法按时到达"
        SHIFT = "shift", "即将交班"
        VEHICLE = "vehicle", "车辆或设备故障"
        OTHER = "other", "其他（请说明）"

    case = models.ForeignKey("datacenter.Case", verbose_name="案件", on_delete=models.PROTECT, related_name="+")
    county = models.ForeignKey(
        "datacenter.County", verbose_name="县区", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    # The order names the vehicle as the case does: a team may not open the registry row.
    vehicle = models.ForeignKey(
        Vehicle, verbose_name="车辆", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    plate = models.CharField("车牌号", max_length=10)
    plate_colour = models.PositiveSmallIntegerField(
        "车牌颜色", choices=Vehicle.PlateColour.choices, null=True, blank=True
    )
    industry = models.CharField("行业", max_length=12, choices=Vehicle.Kind.choices, blank=True)
    company_name = models.CharField("企业名称", max_length=80, blank=True)
    suspected = models.CharField("涉嫌", max_length=80)
    request = models.CharField("核查要求", max_length=300, blank=True)
    patrol = models.ForeignKey(Patrol, verbose_name="执法巡逻", on_delete=models.PROTECT, related_name="checks")
    team = models.ForeignKey("datacenter.Unit", verbose_name="执法队", on_delete=models.PROTECT, related_name="+")
    previous = models.OneToOneField(
        "self", verbose_name="上一单", on_delete=models.PROTECT, null=True, blank=True, related_name="next"
    )
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.SENT)
    ordered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="派单人", on_delete=models.PROTECT, related_name="+"
    )
    ordered_at = models.DateTimeField("派单时间")
    expires_at = models.DateTimeField("有效期至")
    # How near the patrol was said to be when the order was given; in a straight line.
    distance_m = models.PositiveIntegerField("派单时直线距离 m", null=True, blank=True)
    accepted_at = models.DateTimeField("接单时间", null=True, blank=True)
    declined_at = models.DateTimeField("拒单时间", null=True, blank=True)
    decline_reason = models.CharField("拒单原因", max_length=10, choices=DeclineReason.choices, blank=True)
    answered_at = models.DateTimeField("反馈时间", null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="反馈人", on_delete=models.PROTECT, null=True, blank=True,
        related_name="+",
    )  # fmt: skip
    found = models.BooleanField("找到车辆", null=True, blank=True)
    as_suspected = models.BooleanField("与涉嫌情况相符", null=True, blank=True)
    note = models.CharField("说明", max_length=500, blank=True)
    answer_key = models.CharField("提交编号", max_length=40, blank=True, help_text="同一次提交重发时不变，只记一次")
    case_event = models.ForeignKey(
        "datacenter.CaseEvent", verbose_name="办理记录", on_delete=models.PROTECT, null=True, blank=True,
        related_name="+",
    )  # fmt: skip

    class Meta:
        db_table = "roadside_check"
        verbose_name = verbose_name_plural = "路面核查单"
        ordering = ["-ordered_at", "-pk"]
        indexes = [
            models.Index(fields=["-ordered_at", "-id"], name="roadside_check_ordered"),
            models.Index(fields=["case", "-ordered_at"], name="roadside_check_case"),
            models.Index(fields=["team", "state", "-ordered_at"], name="roadside_check_team"),
            models.Index(fields=["expires_at"], condition=Q(state="sent"), name="roadside_check_expires"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("ordered_at")), name="roadside_check_expires_later"),
            models.CheckConstraint(
                condition=Q(state="answered", answered_at__isnull=False, found__isnull=False)
                | (~Q(state="answered") & Q(answered_at=None, found=None)),
                name="roadside_check_answered",
            ),
            # Whether it is as suspected can be said of a vehicle that was found, and must be.
            models.CheckConstraint(
                condition=Q(found=True, as_suspected__isnull=False)
                | Q(found=False, as_suspected=None)
                | Q(found=None, as_suspected=None),
                name="roadside_check_as_suspected",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plate} {self.suspected}"

    @property
    def is_open(self) -> bool:
        """Whether the patrol still has something to do about it."""
        return self.state in (self.State.SENT, self.State.ACCEPTED)

    @property
    def finding(self) -> str:
        """What was found, in words; empty without an answer."""
        if self.found is None:
            return ""
        return (
            "未找到车辆"
            if not self.found
            else "找到车辆，与涉嫌情况相符"
            if self.as_suspected
            else "找到车辆，与涉嫌情况不符"
        )


class RoadsideEvent(models.Model):
    """One step of an order (核查单办理记录). Append-only."""

    class Verb(models.TextChoices):
        ORDER = "order", "派单"
        ACCEPT = "accept", "接单"
        DECLINE = "decline", "拒单"
        ANSWER = "answer", "反馈"
        EXPIRE = "expire", "过期"
        WITHDRAW = "withdraw", "撤回"

    check_order = models.ForeignKey(
        RoadsideCheck, verbose_name="路面核查单", on_delete=models.PROTECT, related_name="events"
    )
    at = models.DateTimeField("时间")
    verb = models.CharField("动作", max_length=10, choices=Verb.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="经办人", on_delete=models.PROTECT, null=True, related_name="+"
    )
    by_name = models.CharField("经办", max_length=120)
    note = models.TextField("说明", blank=True)
    facts = models.JSONField("内容", default=dict, blank=True)

    class Meta:
        db_table = "roadside_event"
        verbose_name = verbose_name_plural = "核查单办理记录"
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["check_order", "at"], name="roadside_event_at")]


class RoadsideSetting(models.Model):
    """One figure of roadside checks (路面核查参数): how old a place may be, how fast a patrol is taken to be."""

    code = models.CharField("代码", max_length=30, primary_key=True)
    title = models.CharField("名称", max_length=60)
    value = models.PositiveIntegerField("值")
    unit = models.CharField("单位", max_length=10, blank=True)
    source = models.CharField("依据", max_length=300)
    source_verified = models.BooleanField("依据已核实", default=False)
    changed_at = models.DateTimeField("修改时间", auto_now=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="修改人", on_delete=models.PROTECT, null=True, blank=True,
        related_name="+",
    )  # fmt: skip

    class Meta:
        db_table = "roadside_setting"
        verbose_name = verbose_name_plural = "路面核查参数"
        ordering = ["code"]

    def __str__(self) -> str:
        return self.title
