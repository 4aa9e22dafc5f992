"""Rows about tracks that people read or that must outlive them (轨迹质量、经过索引的归档).

The tables of positions themselves (``track_position``, ``track_chunk``, ``track_cell``) are made by SQL and have no
model.
"""

from django.db import models


class TrackQuality(models.Model):
    """What one vehicle's track of one day is worth (轨迹质量); formulas in ``tracks.quality``.

    A day of Asia/Shanghai stands alone: the way over midnight belongs to neither. Lengths are whole millimetres, so
    that any order of adding gives the same sum. ``dirty`` rows wait to be computed anew from the track.
    """

    vehicle = models.ForeignKey(
        "datacenter.Vehicle", verbose_name="车辆", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    day = models.DateField("日期")
    reports = models.IntegerField("接收定位数")
    qualified = models.IntegerField("合格定位数")
    drift = models.IntegerField("漂移定位数")
    online_s = models.IntegerField("在线时长 s")
    distance_mm = models.BigIntegerField("里程 mm")
    complete_mm = models.BigIntegerField("完整轨迹里程 mm")
    first_at = models.DateTimeField("首次上报")
    last_at = models.DateTimeField("末次上报")
    last_fix_at = models.DateTimeField("末次有效定位", null=True)
    first_latitude_e6 = models.IntegerField("首点纬度 1e-6°", null=True)
    first_longitude_e6 = models.IntegerField("首点经度 1e-6°", null=True)
    last_latitude_e6 = models.IntegerField("末点纬度 1e-6°", null=True)
    last_longitude_e6 = models.IntegerField("末点经度 1e-6°", null=True)
    dirty = models.BooleanField("待重算", default=False)

    class Meta:
        db_table = "track_quality"
        verbose_name = verbose_name_plural = "轨迹质量"
        constraints = [models.UniqueConstraint(fields=["day", "vehicle"], name="track_quality_once")]
        indexes = [
            models.Index(fields=["vehicle", "-day"], name="track_quality_vehicle"),
            models.Index(fields=["day"], condition=models.Q(dirty=True), name="track_quality_dirty"),
        ]


class TrackQualityLimit(models.Model):
    """One limit of the formulas of track quality (轨迹质量参数): the standard leaves it to the platform."""

    code = models.CharField("代码", max_length=30, primary_key=True)
    title = models.CharField("名称", max_length=60)
    value = models.PositiveIntegerField("值")
    unit = models.CharField("单位", max_length=10)
    source = models.CharField("依据", max_length=300)
    source_verified = models.BooleanField("依据已核实", default=False)
    changed_at = models.DateTimeField("修改时间", auto_now=True)
    changed_by = models.ForeignKey(
        "datacenter.User", verbose_name="修改人", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        db_table = "track_quality_limit"
        verbose_name = verbose_name_plural = "轨迹质量参数"
        ordering = ["code"]

    def __str__(self) -> str:
        return self.title


class CellArchive(models.Model):
    """A day of the where-was-it index that was sealed into a Parquet file (经过索引归档)."""

    day = models.DateField("日期", primary_key=True)
    path = models.CharField("文件", max_length=200)
    rows = models.BigIntegerField("行数")
    size_bytes = models.BigIntegerField("字节数")
    checksum = models.CharField("内容校验", max_length=64)
    sealed_at = models.DateTimeField("归档时间", auto_now_add=True)

    class Meta:
        db_table = "track_cell_archive"
        verbose_name = verbose_name_plural = "经过索引归档"
