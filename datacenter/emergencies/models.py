"""Emergency calls and what was done about each (紧急报警、处置记录)."""

from datetime import timedelta

from django.conf import settings
from django.db import models


class EmergencyCall(models.Model):
    """A driver has pressed the emergency button (紧急报警): alarm bit 0 of JT/T 808 and 905.

    One open call a vehicle. ``bit_on`` follows the terminal's bit also behind the call's end, so that a button that
    stays down does not ring anew with each report.
    """

    LATE = timedelta(minutes=2)
    """A report under way for longer is a backfill (补报): the terminal had no network."""

    class State(models.TextChoices):
        RINGING = "ringing", "待接警"
        ACKNOWLEDGED = "acknowledged", "已接警"
        HANDED_OVER = "handed_over", "已移交公安"
        CLOSED = "closed", "已结束"

    class Outcome(models.TextChoices):
        REAL = "real", "真实警情"
        MISTAKEN = "mistaken", "误触误报"
        TEST = "test", "设备测试"
        FAULT = "fault", "设备故障"

    vehicle = models.ForeignKey("datacenter.Vehicle", models.PROTECT, related_name="+", verbose_name="车辆")
    plate = models.CharField("车牌号", max_length=16)
    county = models.ForeignKey(
        "datacenter.County", models.PROTECT, null=True, related_name="+", verbose_name="所属县区"
    )
    company = models.ForeignKey(
        "datacenter.Company", models.PROTECT, null=True, related_name="+", verbose_name="所属企业"
    )
    phone = models.CharField("终端号", max_length=20, blank=True)
    state = models.CharField("状态", max_length=12, choices=State.choices, default=State.RINGING)
    bit_on = models.BooleanField("按钮仍在报警", default=True)
    device_time = models.DateTimeField("报警时间（终端）")
    last_pressed_at = models.DateTimeField("最近一次按下（终端时间）")
    raised_at = models.DateTimeField("收到时间")
    last_seen_at = models.DateTimeField("最近一次上报")
    reports = models.PositiveIntegerField("上报次数", default=1)
    presses = models.PositiveIntegerField("按下次数", default=1)
    latitude_e6 = models.IntegerField("纬度", null=True)
    longitude_e6 = models.IntegerField("经度", null=True)
    speed_dkmh = models.IntegerField("速度（0.1 km/h）", null=True)
    acknowledged_at = models.DateTimeField("接警时间", null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="接警人"
    )
    closed_at = models.DateTimeField("结束时间", null=True)
    outcome = models.CharField("结论", max_length=12, choices=Outcome.choices, blank=True)

    class Meta:
        db_table = "emergency_call"
        verbose_name = verbose_name_plural = "紧急报警"
        constraints = [
            models.UniqueConstraint(
                fields=["vehicle"], condition=models.Q(closed_at=None), name="emergency_call_one_open"
            ),
            models.CheckConstraint(
                condition=models.Q(state="closed", closed_at__isnull=False)
                | (~models.Q(state="closed") & models.Q(closed_at=None)),
                name="emergency_call_closed_says_when",
            ),
        ]
        indexes = [
            models.Index(fields=["-raised_at", "-id"], name="emergency_call_newest"),
            models.Index(fields=["vehicle", "-raised_at"], name="emergency_call_by_vehicle"),
            # What every worker and gateway remembers: few rows of many.
            models.Index(fields=["vehicle"], name="emergency_call_bit_on", condition=models.Q(bit_on=True)),
        ]

    def __str__(self) -> str:
        return f"{self.plate} {self.raised_at:%Y-%m-%d %H:%M:%S}"

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to deal with it."""
        return self.closed_at is None

    @property
    def is_late(self) -> bool:
        """Whether it came as a backfill (补报)."""
        return self.raised_at - self.device_time > self.LATE

    @property
    def waited_s(self) -> int | None:
        """Seconds until somebody took it (接警用时)."""
        return round((self.acknowledged_at - self.raised_at).total_seconds()) if self.acknowledged_at else None

    @property
    def late_s(self) -> int:
        """How long the report was under way: seconds between the button and its arrival; a backfill is hours late."""
        return max(0, round((self.raised_at - self.device_time).total_seconds()))


class EmergencyEvent(models.Model):
    """One step of a call (处置记录); append-only."""

    class Verb(models.TextChoices):
        RAISE = "raise", "报警"
        PRESS = "press", "再次按下"
        ACKNOWLEDGE = "acknowledge", "接警"
        NOTE = "note", "记录"
        REQUEST = "request", "下发指令"
        HAND_OVER = "hand_over", "移交公安"
        CLOSE = "close", "结束"

    call = models.ForeignKey(EmergencyCall, models.PROTECT, related_name="events", verbose_name="紧急报警")
    verb = models.CharField("动作", max_length=12, choices=Verb.choices)
    at = models.DateTimeField("时间")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="经办人")
    note = models.CharField("说明", max_length=1000, blank=True)
    command = models.ForeignKey("datacenter.Command", models.PROTECT, null=True, related_name="+", verbose_name="指令")
    detail = models.JSONField("要素", default=dict)

    class Meta:
        db_table = "emergency_event"
        verbose_name = verbose_name_plural = "处置记录"
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["call", "at"], name="emergency_event_of_call")]

    def __str__(self) -> str:
        return f"{self.get_verb_display()} {self.at:%H:%M:%S}"
