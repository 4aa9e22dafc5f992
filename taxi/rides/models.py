"""Rides as the tracks show them (乘车记录), and how far each taxi's track has been read for them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class Ride(models.Model):
    """One loaded stretch of a taxi whose beginning and end were both seen (乘车记录), whatever its terminal speaks.

    The table is made from positions and made again when they come late: nothing may point at a row of it. Cells are
    those of ``datacenter.tracks.grid``. ``…_gap_s`` is how far apart the two reports lay between which somebody got in
    or out: the place is that much in doubt. ``fare_jiao`` and ``metered_dkm`` are the trip record's, where one covers
    the ride.
    """

    vehicle = models.ForeignKey(
        "datacenter.Vehicle", models.CASCADE, verbose_name="车辆", related_name="+", db_index=False
    )
    county = models.ForeignKey(
        "datacenter.County", models.PROTECT, verbose_name="属地县区", related_name="+", db_index=False
    )
    company = models.ForeignKey(
        "datacenter.Company", models.PROTECT, verbose_name="企业", related_name="+", db_index=False
    )
    boarded_at = models.DateTimeField("上车时间")
    alighted_at = models.DateTimeField("下车时间")
    board_cell = models.BigIntegerField("上车网格")
    alight_cell = models.BigIntegerField("下车网格")
    trip = models.ForeignKey(
        "taxi.Trip", models.SET_NULL, verbose_name="营运记录", null=True, blank=True, related_name="+", db_index=False
    )
    board_latitude_e6 = models.IntegerField("上车纬度 1e-6°")
    board_longitude_e6 = models.IntegerField("上车经度 1e-6°")
    alight_latitude_e6 = models.IntegerField("下车纬度 1e-6°")
    alight_longitude_e6 = models.IntegerField("下车经度 1e-6°")
    distance_m = models.PositiveIntegerField("轨迹里程 m")
    fare_jiao = models.PositiveIntegerField("车费 角", null=True, blank=True)
    metered_dkm = models.PositiveIntegerField("计程里程 0.1 km", null=True, blank=True)
    board_gap_s = models.PositiveSmallIntegerField("上车前后定位间隔 s")
    alight_gap_s = models.PositiveSmallIntegerField("下车前后定位间隔 s")

    class Meta:
        db_table = "taxi_ride"
        verbose_name = verbose_name_plural = "乘车记录"
        constraints = [
            models.UniqueConstraint(fields=["vehicle", "boarded_at"], name="taxi_ride_once"),
            models.CheckConstraint(condition=Q(alighted_at__gte=F("boarded_at")), name="taxi_ride_times_in_order"),
        ]
        indexes = [
            models.Index(fields=["board_cell", "boarded_at"], name="taxi_ride_boarded"),
            models.Index(fields=["alight_cell", "alighted_at"], name="taxi_ride_alighted"),
            models.Index(fields=["boarded_at"], name="taxi_ride_time"),
        ]

    def __str__(self) -> str:
        return f"{self.vehicle_id} {self.boarded_at:%Y-%m-%d %H:%M}"

    @property
    def distance_km(self) -> str:
        """5.2: the meter's kilometres, else the track's."""
        return f"{(self.distance_m / 1000 if self.metered_dkm is None else self.metered_dkm / 10):.1f}"

    @property
    def fare_yuan(self) -> str:
        """23.5; empty without a record."""
        return "" if self.fare_jiao is None else f"{self.fare_jiao / 10:.1f}"


class RideProgress(models.Model):
    """How far one taxi's track was read for rides (乘车记录进度), and which span has something new.

    ``due_…`` is set by whatever newly stored positions, early or late; ``vacant_at`` is the last report without
    passengers, from which reading goes on.
    """

    vehicle = models.OneToOneField(
        "datacenter.Vehicle", models.CASCADE, verbose_name="车辆", primary_key=True, related_name="+"
    )
    due_from = models.DateTimeField("待处理自", null=True, blank=True)
    due_until = models.DateTimeField("待处理至", null=True, blank=True)
    read_until = models.DateTimeField("已处理至", null=True, blank=True)
    vacant_at = models.DateTimeField("最近空车时刻", null=True, blank=True)

    class Meta:
        db_table = "taxi_ride_progress"
        verbose_name = verbose_name_plural = "乘车记录进度"
        indexes = [models.Index(fields=["vehicle"], condition=Q(due_from__isnull=False), name="taxi_ride_due")]

    def __str__(self) -> str:
        return str(self.vehicle_id)
