"""Calls of the hotline (通话), the events by which the call platform told of them, and whose extension is whose."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class DeskExtension(models.Model):
    """Whose desk an extension rings at (坐席分机): a call that rings there pops up on that operator's screen."""

    number = models.CharField("分机号", max_length=20, unique=True)
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="话务员", null=True, blank=True, related_name="+"
    )
    in_force = models.BooleanField("启用", default=True)

    class Meta:
        db_table = "call_extension"
        verbose_name = verbose_name_plural = "坐席分机"
        ordering = ["number"]

    def __str__(self) -> str:
        return self.number


class Call(models.Model):
    """One call as all its events tell it together (通话); ``deriving`` says how.

    ``caller`` is shown whole only to the operator in charge. A recording lies under its SHA-256 once it has been
    fetched; where it could not be, ``recording_reason`` says why and the address stays.
    """

    class State(models.TextChoices):
        RINGING = "ringing", "振铃"
        ANSWERED = "answered", "通话中"
        MISSED = "missed", "未接"
        ENDED = "ended", "已挂机"

    class Recording(models.TextChoices):
        NONE = "none", "无录音"
        WAITING = "waiting", "待取回"
        KEPT = "kept", "已存档"
        REFUSED = "refused", "未存档"

    platform_id = models.CharField("平台通话编号", max_length=64, unique=True)
    caller = models.CharField("主叫号码", max_length=20, blank=True, help_text="隐藏号码来电为空")
    called = models.CharField("被叫号码", max_length=20, blank=True)
    state = models.CharField("状态", max_length=8, choices=State.choices, default=State.RINGING)
    rang_at = models.DateTimeField("来电时间")
    answered_at = models.DateTimeField("接听时间", null=True, blank=True)
    ended_at = models.DateTimeField("挂机时间", null=True, blank=True)
    extension = models.CharField("分机号", max_length=20, blank=True)
    agent_name = models.CharField("坐席名称", max_length=40, blank=True)
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="话务员", null=True, blank=True, related_name="+"
    )
    taken_at = models.DateTimeField("人工接管时间", null=True, blank=True, help_text="空则话务员由分机得出")
    order = models.ForeignKey(
        "complaints.Order", models.PROTECT, verbose_name="工单", null=True, blank=True, related_name="calls"
    )
    recording_state = models.CharField("录音", max_length=8, choices=Recording.choices, default=Recording.NONE)
    recording_url = models.CharField("录音地址", max_length=500, blank=True)
    recording_reason = models.CharField("未存档原因", max_length=200, blank=True)
    recording_sha256 = models.CharField("录音 SHA-256", max_length=64, blank=True)
    recording_type = models.CharField("录音类型", max_length=40, blank=True)
    recording_path = models.CharField("存放位置", max_length=160, blank=True)
    recording_size_bytes = models.PositiveBigIntegerField("录音大小 字节", null=True, blank=True)
    recording_s = models.PositiveIntegerField("录音时长 s", null=True, blank=True)
    recording_tries = models.PositiveSmallIntegerField("取回次数", default=0)
    recording_due_at = models.DateTimeField("下次取回", null=True, blank=True)

    class Meta:
        db_table = "call"
        verbose_name = verbose_name_plural = "通话"
        ordering = ["-rang_at", "-pk"]
        indexes = [
            models.Index(fields=["-rang_at", "-id"], name="call_by_time"),
            models.Index(fields=["caller", "-rang_at"], condition=~Q(caller=""), name="call_caller"),
            models.Index(fields=["order"], condition=Q(order__isnull=False), name="call_order"),
            models.Index(fields=["rang_at"], condition=Q(state="ringing"), name="call_ringing"),
            models.Index(
                fields=["recording_due_at"], condition=Q(recording_state="waiting"), name="call_recording_due"
            ),
        ]

    def __str__(self) -> str:
        return self.platform_id

    @property
    def was_answered(self) -> bool:
        """Whether somebody spoke with the caller: such a call must end with an order."""
        return self.answered_at is not None or self.recording_state != self.Recording.NONE

    @property
    def lasted_s(self) -> int | None:
        """How long they spoke, in seconds; None while that is not known."""
        if self.answered_at is None or self.ended_at is None:
            return None
        return max(0, int((self.ended_at - self.answered_at).total_seconds()))


class CallEvent(models.Model):
    """One thing that the call platform said (通话事件), as it came. Append-only."""

    class Kind(models.TextChoices):
        RINGING = "ringing", "振铃"
        ANSWERED = "answered", "接听"
        HUNG_UP = "hung_up", "挂机"
        RECORDING = "recording", "录音"

    call = models.ForeignKey(Call, models.PROTECT, verbose_name="通话", related_name="events")
    event_id = models.CharField("平台事件编号", max_length=64, unique=True)
    kind = models.CharField("事件", max_length=10, choices=Kind.choices)
    at = models.DateTimeField("平台时间")
    received_at = models.DateTimeField("接收时间", default=timezone.now)
    body = models.JSONField("原文")

    class Meta:
        db_table = "call_event"
        verbose_name = verbose_name_plural = "通话事件"
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.event_id}"
