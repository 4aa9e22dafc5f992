"""The archive's manifest (归档清单): which days are sealed, and which file has which vehicles."""

from __future__ import annotations

from django.db import models


class TrackDay(models.Model):
    """A day of tracks that was touched past the hot days, sealed or restored (轨迹日).

    ``writes`` counts the transactions that stored late rows of the day: if it moved since a sealer's snapshot, the
    snapshot is out of date. ``scanned_writes`` is what it was when the files in state ``written`` were read.
    """

    class State(models.TextChoices):
        HOT = "hot", "在库"
        SEALED = "sealed", "已归档"

    day = models.DateField("日期", primary_key=True)
    state = models.CharField("状态", max_length=8, choices=State.choices, default=State.HOT, db_default=State.HOT)
    writes = models.BigIntegerField("迟到写入次数", default=0, db_default=0)
    scanned_writes = models.BigIntegerField("扫描时的写入次数", null=True)
    generation = models.PositiveIntegerField("代次", default=0, db_default=0)
    rows = models.BigIntegerField("行数", default=0, db_default=0)
    hot_until = models.DateTimeField("在库截止", null=True)
    sealed_at = models.DateTimeField("归档时间", null=True)
    restored_at = models.DateTimeField("恢复时间", null=True)

    class Meta:
        db_table = "track_day"
        verbose_name = verbose_name_plural = "轨迹日"
        ordering = ["-day"]


class ArchiveFile(models.Model):
    """One Parquet file with all rows of some consecutive vehicles of a day (归档文件).

    ``groups`` has a packed entry (``files.GROUP``) for each row group: its vehicles, where it lies, the hash of its
    bytes. ``vehicles`` are the ids that have rows in the file, ascending, as little-endian 32-bit numbers.
    """

    class State(models.TextChoices):
        WRITTEN = "written", "已写入"
        SEALED = "sealed", "已生效"

    day = models.DateField("日期")
    generation = models.PositiveIntegerField("代次")
    path = models.CharField("路径", max_length=200)
    state = models.CharField("状态", max_length=8, choices=State.choices)
    vehicle_first = models.IntegerField("首车")
    vehicle_last = models.IntegerField("末车")
    rows = models.BigIntegerField("行数")
    bytes = models.BigIntegerField("字节数")
    digest = models.CharField("内容摘要", max_length=64)
    sha256 = models.CharField("文件 SHA-256", max_length=64)
    footer_bytes = models.PositiveIntegerField("文件尾字节数")
    footer_hash = models.CharField("文件尾散列", max_length=64)
    groups = models.BinaryField("行组")
    vehicles = models.BinaryField("车辆")
    written_at = models.DateTimeField("写入时间", auto_now_add=True)

    class Meta:
        db_table = "archive_file"
        verbose_name = verbose_name_plural = "归档文件"
        ordering = ["day", "vehicle_first"]
        constraints = [models.UniqueConstraint(fields=["day", "generation", "vehicle_first"], name="archive_file_once")]
