"""What a shard's worker keeps across its own death: lock, checkpoint, spans to look at again; and the quarantine."""

from django.db import models


class IngestShard(models.Model):
    """One shard's lock (接入分片). Its worker's epoch is written here; a transaction of an older epoch is refused.

    So is a batch that was cut by another ``layout`` (布局). All rows say the same version; ``shards`` is over how many
    the vehicles are spread, and 0 in the row of a shard that is no more. A row past that number is being prepared.
    """

    shard = models.PositiveSmallIntegerField("分片", primary_key=True)
    epoch = models.BigIntegerField("纪元", default=0)
    tick_at = models.DateTimeField("水位时间", null=True)
    layout = models.BigIntegerField("布局版本", default=0, db_default=0)
    shards = models.PositiveSmallIntegerField("分片总数", default=0, db_default=0)

    class Meta:
        db_table = "ingest_shard"
        verbose_name = verbose_name_plural = "接入分片"


class EngineCheckpoint(models.Model):
    """The detection engine's memory as of a committed batch (检测断点); what came later is replayed from the track."""

    shard = models.PositiveSmallIntegerField("分片", primary_key=True)
    at = models.DateTimeField("时间")
    state = models.BinaryField("内容")

    class Meta:
        db_table = "engine_checkpoint"
        verbose_name = verbose_name_plural = "检测断点"


class RedetectionSpan(models.Model):
    """A vehicle and span whose findings must be found anew (待重检): after backfill, or a detector that failed."""

    class Reason(models.TextChoices):
        BACKFILL = "backfill", "补传"
        FAULT = "fault", "检测异常"

    shard = models.PositiveSmallIntegerField("分片")
    vehicle_id = models.BigIntegerField("车辆")
    started_at = models.DateTimeField("起")
    ended_at = models.DateTimeField("止")
    reason = models.CharField("原因", max_length=10, choices=Reason.choices)
    detector = models.CharField("规则代码", max_length=40, blank=True)
    tried_in_epoch = models.BigIntegerField("上次尝试的纪元", default=0)
    created_at = models.DateTimeField("时间", auto_now_add=True)

    class Meta:
        db_table = "redetection_span"
        verbose_name = verbose_name_plural = "待重检"
        indexes = [models.Index(fields=["shard", "id"], name="redetection_shard")]
        constraints = [models.UniqueConstraint(fields=["vehicle_id", "reason", "detector"], name="redetection_once")]


class QuarantinedFrame(models.Model):
    """A frame that could not be taken (隔离报文), with its bytes and the reason; nothing is lost."""

    at = models.DateTimeField("收到时间", db_index=True)
    reason = models.CharField("原因代码", max_length=40)
    detail = models.CharField("说明", max_length=300, blank=True)
    phone = models.CharField("终端手机号", max_length=20, blank=True)
    vehicle = models.ForeignKey(
        "datacenter.Vehicle",
        verbose_name="车辆",
        on_delete=models.DO_NOTHING,
        db_constraint=False,  # a vehicle struck from the registry must not cost a frame
        null=True,
        blank=True,
    )
    remote = models.CharField("来源地址", max_length=60, blank=True)
    raw = models.BinaryField("原始报文")

    class Meta:
        db_table = "quarantined_frame"
        verbose_name = verbose_name_plural = "隔离报文"
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["reason", "-at"], name="quarantine_reason")]
