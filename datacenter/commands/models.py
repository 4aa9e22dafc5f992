"""Orders to terminals (下发指令), a row each from the officer's click to the terminal's answer."""

from django.conf import settings
from django.db import models
from django.db.models import Q

COUNTY, COMPANY = "datacenter.County", "datacenter.Company"


class CommandBatch(models.Model):
    """One order to many vehicles (批量下发); its commands say how far it has come."""

    kind = models.CharField("指令", max_length=40)
    summary = models.CharField("内容", max_length=300)
    selection = models.CharField("下发范围", max_length=300)
    count = models.PositiveIntegerField("车辆数")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="下发人")
    created_at = models.DateTimeField("下发时间")
    # Whose it is: a county's or company's people see their own; the city's have neither.
    county = models.ForeignKey(COUNTY, models.PROTECT, null=True, related_name="+", verbose_name="县区")
    company = models.ForeignKey(COMPANY, models.PROTECT, null=True, related_name="+", verbose_name="企业")

    class Meta:
        db_table = "command_batch"
        verbose_name = verbose_name_plural = "批量下发"
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.summary} × {self.count}"


class Command(models.Model):
    """One order to one vehicle's terminal (指令). ``body`` is on the wire as ``edition`` has it."""

    class State(models.TextChoices):
        QUEUED = "queued", "待下发"
        SENT = "sent", "已下发"
        ACKNOWLEDGED = "acknowledged", "终端已应答"
        ANSWERED = "answered", "已回复"
        REFUSED = "refused", "终端拒绝"
        TIMED_OUT = "timed_out", "应答超时"
        EXPIRED = "expired", "过期未下发"
        CANCELLED = "cancelled", "已撤销"

    vehicle = models.ForeignKey("datacenter.Vehicle", models.PROTECT, related_name="commands", verbose_name="车辆")
    county = models.ForeignKey(COUNTY, models.PROTECT, related_name="+", verbose_name="属地县区")
    company = models.ForeignKey(COMPANY, models.PROTECT, related_name="+", verbose_name="企业")
    phone = models.CharField("终端手机号", max_length=20)
    edition = models.CharField("协议版本", max_length=4)
    kind = models.CharField("指令", max_length=40)
    message_id = models.PositiveIntegerField("消息 ID")
    summary = models.CharField("内容", max_length=300)
    body = models.BinaryField("消息体")
    note = models.CharField("事由", max_length=300, blank=True)
    urgent = models.BooleanField("紧急", default=False)
    state = models.CharField("状态", max_length=12, choices=State.choices, default=State.QUEUED)
    batch = models.ForeignKey(CommandBatch, models.PROTECT, null=True, related_name="commands", verbose_name="批量下发")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="下发人"
    )
    created_at = models.DateTimeField("创建时间")
    expires_at = models.DateTimeField("失效时间")
    attempts = models.PositiveSmallIntegerField("下发次数", default=0)
    gateway = models.CharField("网关", max_length=80, blank=True)
    serial = models.PositiveIntegerField("流水号", null=True)
    sent_at = models.DateTimeField("下发时间", null=True)
    acknowledged_at = models.DateTimeField("应答时间", null=True)
    result = models.PositiveSmallIntegerField("应答结果", null=True)
    answered_at = models.DateTimeField("回复时间", null=True)
    answer_id = models.PositiveIntegerField("回复消息 ID", null=True)
    answer = models.JSONField("回复内容", null=True)

    class Meta:
        db_table = "command"
        verbose_name = verbose_name_plural = "指令"
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["vehicle", "-created_at"], name="command_of_vehicle"),
            models.Index(fields=["batch", "state"], name="command_of_batch"),
            models.Index(fields=["-created_at", "-id"], name="command_newest"),
            # What gateways and the clock ask for again and again: few rows of many.
            models.Index(fields=["-urgent", "id"], name="command_waiting", condition=Q(state="queued")),
            models.Index(fields=["sent_at"], name="command_under_way", condition=Q(state="sent")),
        ]

    def __str__(self) -> str:
        return f"{self.summary} → {self.phone}"

    @property
    def is_open(self) -> bool:
        """Whether something may still come of it by itself."""
        return self.state in (self.State.QUEUED, self.State.SENT)
