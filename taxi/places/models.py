"""Visits of ranks and stations (候客点、场站进出记录): what the rules about queues are judged from."""

from django.db import models
from django.db.models import F, Q


class RankVisit(models.Model):
    """One taxi's stay at a rank or station (候客点进出记录), rebuilt when positions come late; kept some days.

    ``came`` and ``went`` are what its sign showed, ``taxi.places.visits.Sign``. ``before_…`` and ``after_…`` are the
    ways to and from a brief stop without the sign ever on loaded; null where there was none.
    """

    class Sign(models.IntegerChoices):
        UNKNOWN = 0, "未知"
        VACANT = 1, "空车"
        LOADED = 2, "重车"
        BOOKED = 3, "预约"
        OUT = 4, "停运"

    vehicle = models.ForeignKey(
        "datacenter.Vehicle", models.CASCADE, verbose_name="车辆", related_name="+", db_index=False
    )
    county = models.ForeignKey("datacenter.County", models.PROTECT, verbose_name="属地县区", related_name="+")
    company = models.ForeignKey("datacenter.Company", models.PROTECT, verbose_name="企业", related_name="+")
    area = models.ForeignKey(
        "datacenter.Area", models.CASCADE, verbose_name="候客点、场站", related_name="+", db_index=False
    )
    arrived_at = models.DateTimeField("进入时间")
    left_at = models.DateTimeField("离开时间")
    came = models.PositiveSmallIntegerField("进入时状态", choices=Sign.choices)
    went = models.PositiveSmallIntegerField("离开时状态", choices=Sign.choices)
    stood_s = models.PositiveIntegerField("停车时长 s")
    before_m = models.PositiveIntegerField("来程 m", null=True, blank=True)
    before_percent = models.PositiveSmallIntegerField("来程直达程度 %", null=True, blank=True)
    after_m = models.PositiveIntegerField("去程 m", null=True, blank=True)
    after_percent = models.PositiveSmallIntegerField("去程直达程度 %", null=True, blank=True)

    class Meta:
        db_table = "taxi_rank_visit"
        verbose_name = verbose_name_plural = "候客点进出记录"
        constraints = [
            models.CheckConstraint(condition=Q(left_at__gte=F("arrived_at")), name="taxi_rank_visit_times_in_order")
        ]
        indexes = [
            models.Index(fields=["area", "left_at"], name="taxi_rank_visit_area"),
            models.Index(fields=["vehicle", "left_at"], name="taxi_rank_visit_vehicle"),
            models.Index(fields=["left_at"], name="taxi_rank_visit_age"),
        ]

    def __str__(self) -> str:
        return f"{self.vehicle_id} {self.area_id} {self.arrived_at:%Y-%m-%d %H:%M}"
