"""What taxis carried and who drove (营运): trips, shifts, and the tariff that fares are held against.

Figures stay in the taximeter's own steps, in integers: 角 (0.1 yuan), 分 (0.01 yuan), dkm (0.1 km). Each row carries
the county and company of its vehicle: the walls stand on them. JT/T 905.2-2014, messages 0x0B03, 0x0B04, 0x0B05.
"""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from taxi.places.models import RankVisit
from taxi.rides.models import Ride, RideProgress

__all__ = ["UNREGISTERED", "Operation", "RankVisit", "Ride", "RideProgress", "Shift", "Tariff", "Trip"]

UNREGISTERED = "未登记从业资格证"
"""What pages say of a certificate number that no practitioner in the registry has."""


class Operation(models.Model):
    """What shifts and trips share: whose they are, and who the taximeter says was driving."""

    vehicle = models.ForeignKey("datacenter.Vehicle", models.PROTECT, verbose_name="车辆", related_name="+")
    county = models.ForeignKey("datacenter.County", models.PROTECT, verbose_name="属地县区", related_name="+")
    company = models.ForeignKey("datacenter.Company", models.PROTECT, verbose_name="企业", related_name="+")
    practitioner = models.ForeignKey(
        "datacenter.Practitioner", models.PROTECT, verbose_name="驾驶员", null=True, blank=True, related_name="+"
    )
    certificate_no = models.CharField("从业资格证号（上传）", max_length=19, blank=True)
    operator_license = models.CharField("企业经营许可证号（上传）", max_length=16, blank=True)
    plate_sent = models.CharField("车牌号（上传）", max_length=6, blank=True, help_text="不含省份简称")
    received_at = models.DateTimeField("接收时间")
    clock_off = models.BooleanField("终端时钟异常", default=False)
    judged_at = models.DateTimeField("判定时间", null=True, blank=True, help_text="空为尚未判定")
    judge_after = models.DateTimeField("推迟判定至", null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def unregistered(self) -> bool:
        """Whether a certificate number came that the registry knows nobody by (未登记从业资格证)."""
        return bool(self.certificate_no) and self.practitioner_id is None


class Shift(Operation):
    """A driver's shift (班次): begun by a sign-in, ended by a sign-out or by the next sign-in.

    ``begins_at`` is the sign-in, or where none came what the sign-out says of it; ``ended_at`` is when it stopped
    counting, whoever ended it, and ``signed_out_at`` only what the driver did. The figures are the sign-out's.
    """

    class EndedBy(models.TextChoices):
        SIGN_OUT = "sign_out", "签退"
        NEXT_SIGN_IN = "next_sign_in", "本车下一次签到"
        ELSEWHERE = "elsewhere", "在其他车辆签到"

    class SignOutKind(models.IntegerChoices):
        NORMAL = 0, "正常签退"
        FORCED = 1, "强制签退"

    begins_at = models.DateTimeField("起")
    ended_at = models.DateTimeField("止", null=True, blank=True)
    ended_by = models.CharField("结束方式", max_length=12, choices=EndedBy.choices, blank=True)
    binding = models.OneToOneField(
        "datacenter.DriverBinding", models.SET_NULL, verbose_name="人车绑定", null=True, blank=True, related_name="+"
    )

    signed_in_at = models.DateTimeField("签到时间", null=True, blank=True)
    sign_in_latitude_e6 = models.IntegerField("签到纬度 1e-6°", null=True, blank=True)
    sign_in_longitude_e6 = models.IntegerField("签到经度 1e-6°", null=True, blank=True)
    meter_on_at = models.DateTimeField("计价器开机时间", null=True, blank=True)
    sign_in_hash = models.BigIntegerField("签到报文散列", null=True, blank=True)

    signed_out_at = models.DateTimeField("签退时间", null=True, blank=True)
    sign_out_latitude_e6 = models.IntegerField("签退纬度 1e-6°", null=True, blank=True)
    sign_out_longitude_e6 = models.IntegerField("签退经度 1e-6°", null=True, blank=True)
    sign_out_kind = models.PositiveSmallIntegerField("签退方式", choices=SignOutKind.choices, null=True, blank=True)
    sign_out_hash = models.BigIntegerField("签退报文散列", null=True, blank=True)
    meter_k = models.CharField("计价器 K 值", max_length=4, blank=True)
    shift_on_at = models.DateTimeField("当班开机时间", null=True, blank=True)
    shift_off_at = models.DateTimeField("当班关机时间", null=True, blank=True)
    distance_dkm = models.PositiveIntegerField("当班里程 0.1 km", null=True, blank=True)
    loaded_dkm = models.PositiveIntegerField("当班营运里程 0.1 km", null=True, blank=True)
    trips = models.PositiveIntegerField("车次", null=True, blank=True)
    timed_s = models.PositiveIntegerField("计时时间 s", null=True, blank=True)
    total_jiao = models.PositiveIntegerField("总计金额 角", null=True, blank=True)
    card_jiao = models.PositiveIntegerField("卡收金额 角", null=True, blank=True)
    card_trips = models.PositiveIntegerField("卡次", null=True, blank=True)
    between_shifts_dkm = models.PositiveIntegerField("班间里程 0.1 km", null=True, blank=True)
    meter_total_dkm = models.PositiveIntegerField("总计里程 0.1 km", null=True, blank=True)
    meter_loaded_dkm = models.PositiveIntegerField("总营运里程 0.1 km", null=True, blank=True)
    unit_price_fen = models.PositiveIntegerField("单价 分", null=True, blank=True)
    meter_trips = models.BigIntegerField("总营运次数", null=True, blank=True)

    class Meta:
        db_table = "taxi_shift"
        verbose_name = verbose_name_plural = "班次"
        constraints = [
            # A message that comes again has the same body: it is the same sign-in, the same sign-out.
            models.UniqueConstraint(fields=["vehicle", "sign_in_hash"], name="taxi_shift_sign_in_once"),
            models.UniqueConstraint(fields=["vehicle", "sign_out_hash"], name="taxi_shift_sign_out_once"),
            models.CheckConstraint(
                condition=Q(signed_in_at__isnull=False) | Q(signed_out_at__isnull=False), name="taxi_shift_has_a_side"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("begins_at")), name="taxi_shift_times_in_order"
            ),
        ]
        indexes = [
            models.Index(fields=["-begins_at", "-id"], name="taxi_shift_by_time"),
            models.Index(fields=["county", "-begins_at"], name="taxi_shift_county"),
            models.Index(fields=["company", "-begins_at"], name="taxi_shift_company"),
            models.Index(fields=["vehicle", "-begins_at"], name="taxi_shift_vehicle"),
            models.Index(fields=["certificate_no", "-begins_at"], name="taxi_shift_certificate"),
            models.Index(fields=["vehicle"], condition=Q(ended_at__isnull=True), name="taxi_shift_open"),
            models.Index(fields=["received_at"], condition=Q(judged_at__isnull=True), name="taxi_shift_unjudged"),
        ]

    def __str__(self) -> str:
        return f"{self.vehicle_id} {self.begins_at:%Y-%m-%d %H:%M}"

    @property
    def empty_dkm(self) -> int | None:
        """How far it drove without passengers (当班空驶里程)."""
        if self.distance_dkm is None or self.loaded_dkm is None:
            return None
        return self.distance_dkm - self.loaded_dkm


class Trip(Operation):
    """A trip with passengers (营运记录): where and when it began and ended, what the taximeter counted, what was paid.

    ``boarded_at`` and ``alighted_at`` are the terminal's clock at the two positions; the taximeter has a clock of its
    own, to the minute (``meter_…``). The meter's columns are null where its record could not be read; ``body`` is the
    message as it came. ``tracked_m`` and the cells (``detection.detours.cell``) are what judging it learned from its
    track, null where that could not be used.
    """

    class Rating(models.IntegerChoices):
        NONE = 0, "未评价"
        SATISFIED = 1, "满意"
        AVERAGE = 2, "一般"
        NOT_SATISFIED = 3, "不满意"
        COMPLAINT = 4, "投诉"

    class PayType(models.IntegerChoices):
        CASH = 0x00, "现金"
        M1_CARD = 0x01, "M1 卡"
        CPU_CARD = 0x03, "CPU 卡"
        OTHER = 0x09, "其他"

    boarded_at = models.DateTimeField("上车时间")
    alighted_at = models.DateTimeField("下车时间")
    board_latitude_e6 = models.IntegerField("上车纬度 1e-6°", null=True, blank=True)
    board_longitude_e6 = models.IntegerField("上车经度 1e-6°", null=True, blank=True)
    alight_latitude_e6 = models.IntegerField("下车纬度 1e-6°", null=True, blank=True)
    alight_longitude_e6 = models.IntegerField("下车经度 1e-6°", null=True, blank=True)
    trip_id = models.BigIntegerField("营运 ID")
    evaluation_id = models.BigIntegerField("评价 ID")
    rating = models.PositiveSmallIntegerField("服务评价", choices=Rating.choices)
    rating_ext = models.PositiveIntegerField("评价选项扩展")
    call_order_id = models.BigIntegerField("电召订单 ID", help_text="0 为扬招")

    meter_boarded_at = models.DateTimeField("计价器上车时间", null=True, blank=True)
    meter_alighted_at = models.DateTimeField("计价器下车时间", null=True, blank=True)
    distance_dkm = models.PositiveIntegerField("计程公里 0.1 km", null=True, blank=True)
    empty_dkm = models.PositiveIntegerField("空驶里程 0.1 km", null=True, blank=True)
    waited_s = models.PositiveIntegerField("等待计时 s", null=True, blank=True)
    surcharge_jiao = models.PositiveIntegerField("附加费 角", null=True, blank=True)
    fare_jiao = models.PositiveIntegerField("交易金额 角", null=True, blank=True)
    trip_no = models.BigIntegerField("当前车次", null=True, blank=True)
    pay_type = models.PositiveSmallIntegerField("交易类型", choices=PayType.choices, null=True, blank=True)
    card_data = models.BinaryField("交易卡数据", default=bytes, blank=True)
    occupied_unmetered_s = models.PositiveIntegerField(
        "未打表载客 s",
        null=True,
        blank=True,
        help_text="需座位传感器的附加信息，公开资料中没有这样的项，故恒为空；重车位同时表示载客和计价",
    )
    body = models.BinaryField("消息体")
    tracked_m = models.PositiveIntegerField("轨迹里程 m", null=True, blank=True)
    unseen_m = models.PositiveIntegerField("轨迹间断中可能的里程 m", null=True, blank=True)
    board_cell = models.IntegerField("上车网格", null=True, blank=True)
    alight_cell = models.IntegerField("下车网格", null=True, blank=True)

    class Meta:
        db_table = "taxi_trip"
        verbose_name = verbose_name_plural = "营运记录"
        constraints = [
            models.UniqueConstraint(
                fields=["vehicle", "boarded_at", "trip_id", "trip_no"], nulls_distinct=False, name="taxi_trip_once"
            )
        ]
        indexes = [
            models.Index(fields=["-boarded_at", "-id"], name="taxi_trip_by_time"),
            models.Index(fields=["county", "-boarded_at"], name="taxi_trip_county"),
            models.Index(fields=["company", "-boarded_at"], name="taxi_trip_company"),
            models.Index(fields=["practitioner", "-boarded_at"], name="taxi_trip_practitioner"),
            models.Index(fields=["received_at"], condition=Q(judged_at__isnull=True), name="taxi_trip_unjudged"),
            models.Index(
                fields=["board_cell", "alight_cell", "-boarded_at"],
                condition=Q(tracked_m__isnull=False),
                name="taxi_trip_cells",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.vehicle_id} {self.boarded_at:%Y-%m-%d %H:%M}"

    @property
    def hailed(self) -> bool:
        """Whether it was hailed in the street (扬招), not ordered by telephone (电召)."""
        return self.call_order_id == 0

    @property
    def meter_read(self) -> bool:
        """Whether the taximeter's record could be read."""
        return self.fare_jiao is not None


class Tariff(models.Model):
    """What a ride should cost (运价), to find fares that don't fit their distance. None is entered from the start.

    The fare expected is ``start_jiao`` up to ``start_dkm``, then ``per_km_jiao`` a kilometre; waiting and surcharge are
    let pass on top of it, and ``tolerance_percent`` either way for what the row leaves out (night, return trip, fuel).
    """

    name = models.CharField("名称", max_length=60)
    start_jiao = models.PositiveIntegerField("起步价 角", validators=[MaxValueValidator(1000)])
    start_dkm = models.PositiveIntegerField("起步里程 0.1 km", validators=[MaxValueValidator(1000)])
    per_km_jiao = models.PositiveIntegerField("每公里 角", validators=[MinValueValidator(1), MaxValueValidator(1000)])
    waiting_per_min_jiao = models.PositiveIntegerField("等待每分钟 角", default=0, validators=[MaxValueValidator(1000)])
    tolerance_percent = models.PositiveSmallIntegerField("允许误差 %", default=60, validators=[MaxValueValidator(500)])
    source = models.CharField("依据", max_length=200)
    source_verified = models.BooleanField("依据已核实", default=False)
    valid_from = models.DateField("自何日起", unique=True)

    class Meta:
        db_table = "taxi_tariff"
        verbose_name = verbose_name_plural = "运价"
        ordering = ["-valid_from"]

    def __str__(self) -> str:
        return self.name
