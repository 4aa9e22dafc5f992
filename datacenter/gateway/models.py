"""What the gateway fills: a raw log (原始报文记录) of its own; quarantine and unknown terminals are of floors below."""

from django.conf import settings
from django.db import models

from datacenter.ingest.models import QuarantinedFrame
from datacenter.registry.models import UnknownTerminal

__all__ = ["QuarantinedFrame", "RawFrame", "RawLogSwitch", "UnknownTerminal"]


class RawLogSwitch(models.Model):
    """That a vehicle's frames are recorded until a moment (原始报文记录开关); gateways look here every few seconds."""

    vehicle = models.OneToOneField(
        "datacenter.Vehicle", models.CASCADE, primary_key=True, related_name="+", verbose_name="车辆"
    )
    started_at = models.DateTimeField("开始时间")
    until = models.DateTimeField("截止时间", db_index=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="操作人", null=True)

    class Meta:
        db_table = "raw_log_switch"
        verbose_name = verbose_name_plural = "原始报文记录开关"


class RawFrame(models.Model):
    """One frame as it travelled, flags and escapes and all (原始报文); kept for a day."""

    class Direction(models.TextChoices):
        UP = "up", "上行"
        DOWN = "down", "下行"

    vehicle = models.ForeignKey(
        "datacenter.Vehicle",
        verbose_name="车辆",
        on_delete=models.DO_NOTHING,
        db_constraint=False,  # a vehicle struck from the registry must not cost a batch of frames
        related_name="+",
    )
    at = models.DateTimeField("时间", db_index=True)
    direction = models.CharField("方向", max_length=4, choices=Direction.choices)
    protocol = models.CharField("协议", max_length=8)
    message_id = models.PositiveIntegerField("消息 ID", null=True)  # None: the header can't be read
    serial = models.PositiveIntegerField("流水号", null=True)
    raw = models.BinaryField("报文")

    class Meta:
        db_table = "raw_frame"
        verbose_name = verbose_name_plural = "原始报文"
        indexes = [models.Index(fields=["vehicle", "-id"], name="raw_frame_newest")]
