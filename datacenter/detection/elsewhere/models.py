"""Vehicles from elsewhere, where they were, and the leads that came of it (外地车、外地车定位、外地车线索)."""

from django.db import models
from django.db.models import Q

from datacenter.registry.models import Vehicle


class ForeignVehicle(models.Model):
    """A plate from elsewhere that was heard of (外地车): by another platform's positions or by a camera's read.

    ``plate_colour`` is 0 where nobody said. What came since ``judged_at`` waits to be judged.
    """

    plate = models.CharField("车牌号", max_length=10)
    plate_colour = models.PositiveSmallIntegerField("车牌颜色", default=0)
    first_heard_at = models.DateTimeField("首次接收")
    heard_at = models.DateTimeField("最近接收")
    judged_at = models.DateTimeField("已研判至", null=True, blank=True)

    class Meta:
        db_table = "foreign_vehicle"
        verbose_name = verbose_name_plural = "外地车"
        constraints = [models.UniqueConstraint(fields=["plate", "plate_colour"], name="foreign_vehicle_once")]
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(judged_at__isnull=True) | Q(heard_at__gt=models.F("judged_at")),
                name="foreign_vehicle_waiting",
            )
        ]

    def __str__(self) -> str:
        return self.plate


class ForeignPosition(models.Model):
    """Where a vehicle from elsewhere was (外地车定位), as a link of JT/T 809 tells it; kept some days.

    ``loaded`` is the occupied bit: null where the link says nothing of it.
    """

    foreign_vehicle = models.ForeignKey(
        ForeignVehicle, models.CASCADE, verbose_name="外地车", db_index=False, related_name="+"
    )
    device_time = models.DateTimeField("定位时间")
    received_at = models.DateTimeField("接收时间")
    latitude_e6 = models.IntegerField("纬度 1e-6°")
    longitude_e6 = models.IntegerField("经度 1e-6°")
    speed_dkmh = models.PositiveSmallIntegerField("速度 0.1 km/h")
    loaded = models.BooleanField("载客", null=True, blank=True)
    source = models.CharField("来源", max_length=40)

    class Meta:
        db_table = "foreign_position"
        verbose_name = verbose_name_plural = "外地车定位"
        constraints = [models.UniqueConstraint(fields=["foreign_vehicle", "device_time"], name="foreign_position_once")]
        indexes = [models.Index(fields=["device_time"], name="foreign_position_age")]


class ElsewhereLead(models.Model):
    """A vehicle from elsewhere that seems to work in the city (外地车线索); an officer confirms or rejects it.

    Its county is the one where most of its rides end. While it is new it grows with further days; the days up to a
    decision count for no other lead.
    """

    class State(models.TextChoices):
        NEW = "new", "待核查"
        CONFIRMED = "confirmed", "已确认"
        REJECTED = "rejected", "已排除"

    class Reason(models.TextChoices):
        RESIDENT = "resident", "本地居住自用"
        GOODS = "goods", "货运、配送、工程车辆"
        LICENSED = "licensed", "持有合法手续（跨市包车、接送订单）"
        WRONG_PLATE = "wrong_plate", "车牌识别有误"
        DRIFT = "drift", "定位漂移、轨迹失真"
        OTHER = "other", "其他（请在备注说明）"

    foreign_vehicle = models.ForeignKey(
        ForeignVehicle, models.PROTECT, verbose_name="外地车", related_name="leads", db_index=False
    )
    plate = models.CharField("车牌号", max_length=10)
    plate_colour = models.PositiveSmallIntegerField(
        "车牌颜色", choices=Vehicle.PlateColour.choices, null=True, blank=True
    )
    county = models.ForeignKey(
        "datacenter.County", verbose_name="县区", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    boundary_unconfirmed = models.BooleanField("边界待确认", default=False)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.NEW)
    first_day = models.DateField("首个营运日")
    last_day = models.DateField("最近营运日")
    latitude_e6 = models.IntegerField("纬度 1e-6°", null=True, blank=True)
    longitude_e6 = models.IntegerField("经度 1e-6°", null=True, blank=True)
    measures = models.JSONField("实测值", default=dict)
    limits = models.JSONField("判定参数", default=dict)
    source = models.CharField("依据", max_length=300)
    evidence = models.JSONField("证据", default=dict)
    found_at = models.DateTimeField("发现时间")
    changed_at = models.DateTimeField("更新时间")
    reason = models.CharField("排除原因", max_length=12, choices=Reason.choices, blank=True)
    note = models.CharField("备注", max_length=300, blank=True)
    decided_at = models.DateTimeField("核查时间", null=True, blank=True)
    decided_by = models.ForeignKey(
        "datacenter.User", verbose_name="核查人", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    case = models.ForeignKey(
        "datacenter.Case", verbose_name="案件", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        db_table = "elsewhere_lead"
        verbose_name = verbose_name_plural = "外地车线索"
        ordering = ["-found_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["foreign_vehicle"], condition=Q(state="new"), name="elsewhere_lead_one_new"
            ),
            models.CheckConstraint(
                name="elsewhere_lead_reason",
                condition=(Q(state="rejected") & ~Q(reason="")) | (~Q(state="rejected") & Q(reason="")),
            ),
            models.CheckConstraint(
                name="elsewhere_lead_days_in_order", condition=Q(last_day__gte=models.F("first_day"))
            ),
        ]
        indexes = [
            models.Index(fields=["-found_at", "-id"], name="elsewhere_lead_found"),
            models.Index(fields=["county", "-found_at"], name="elsewhere_lead_county"),
            models.Index(fields=["foreign_vehicle", "-last_day"], name="elsewhere_lead_vehicle"),
        ]

    def __str__(self) -> str:
        return f"{self.plate} {self.first_day}"
