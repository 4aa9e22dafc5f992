"""Ratings by taxi passengers (乘客评价): stickers with codes, what was rated by them, reasons, and the days' sums."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class RatingCode(models.Model):
    """The code on a taxi's sticker (评价码). A revoked one opens nothing any more; a taxi has one that holds.

    Keeps plate and company as they were printed: the public page shows them before anything else is known.
    """

    vehicle = models.ForeignKey("datacenter.Vehicle", models.PROTECT, verbose_name="车辆", related_name="+")
    county = models.ForeignKey("datacenter.County", models.PROTECT, verbose_name="县区", null=True, related_name="+")
    company = models.ForeignKey("datacenter.Company", models.PROTECT, verbose_name="企业", null=True, related_name="+")
    code = models.CharField("评价码", max_length=32, unique=True)
    plate = models.CharField("车牌号", max_length=10)
    plate_colour = models.PositiveSmallIntegerField("车牌颜色", null=True)
    company_name = models.CharField("企业名称", max_length=80, blank=True)
    issued_at = models.DateTimeField("制码时间", default=timezone.now)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="制码人", null=True, related_name="+"
    )
    revoked_at = models.DateTimeField("作废时间", null=True, blank=True)

    class Meta:
        db_table = "rating_code"
        verbose_name = verbose_name_plural = "评价码"
        ordering = ["plate", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["vehicle"], condition=Q(revoked_at=None), name="rating_code_one_in_force")
        ]

    def __str__(self) -> str:
        return self.plate


class RatingReason(models.Model):
    """Why somebody was not satisfied (不满意原因): a row, so that the bureau words its own list."""

    code = models.SlugField("代码", max_length=30, unique=True)
    title = models.CharField("原因", max_length=40)
    position = models.PositiveSmallIntegerField("顺序", default=100)
    in_force = models.BooleanField("启用", default=True)
    source = models.CharField("依据", max_length=200, blank=True)
    source_verified = models.BooleanField("依据已核实", default=False)

    class Meta:
        db_table = "rating_reason"
        verbose_name = verbose_name_plural = "不满意原因"
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.title


class RatingSetting(models.Model):
    """One figure of the ratings (评价参数): limits against abuse, how near a ride must be, what a grade counts."""

    code = models.CharField("代码", max_length=30, primary_key=True)
    title = models.CharField("名称", max_length=60)
    value = models.PositiveIntegerField("值")
    unit = models.CharField("单位", max_length=10, blank=True)
    source = models.CharField("依据", max_length=200)
    source_verified = models.BooleanField("依据已核实", default=False)
    changed_at = models.DateTimeField("修改时间", auto_now=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="修改人", null=True, blank=True, related_name="+"
    )

    class Meta:
        db_table = "rating_setting"
        verbose_name = verbose_name_plural = "评价参数"
        ordering = ["code"]

    def __str__(self) -> str:
        return self.title


class RideRating(models.Model):
    """What one passenger said of one ride through the sticker's page (扫码评价).

    ``device`` and ``address`` are keyed hashes: they tell one sender from another and name nobody. Only a rating that
    lies near a real ride of the taxi counts (已核实乘车); one that the same device gave later that day takes its place.
    """

    class Grade(models.IntegerChoices):
        """As the screen in the taxi has them (``taxi.models.Trip.Rating``)."""

        SATISFIED = 1, "满意"
        AVERAGE = 2, "一般"
        NOT_SATISFIED = 3, "不满意"
        COMPLAINT = 4, "投诉"

    class Standing(models.TextChoices):
        COUNTED = "counted", "已核实乘车"
        NO_RIDE = "no_ride", "无对应乘车"
        SAME_RIDE = "same_ride", "同次乘车已有评价"
        REPLACED = "replaced", "已被后评替代"

    code = models.ForeignKey(RatingCode, models.PROTECT, verbose_name="评价码", related_name="ratings")
    vehicle = models.ForeignKey("datacenter.Vehicle", models.PROTECT, verbose_name="车辆", related_name="+")
    county = models.ForeignKey("datacenter.County", models.PROTECT, verbose_name="县区", null=True, related_name="+")
    company = models.ForeignKey("datacenter.Company", models.PROTECT, verbose_name="企业", null=True, related_name="+")
    practitioner = models.ForeignKey(
        "datacenter.Practitioner", models.PROTECT, verbose_name="驾驶员", null=True, blank=True, related_name="+"
    )
    trip = models.ForeignKey(
        "taxi.Trip", models.PROTECT, verbose_name="营运记录", null=True, blank=True, related_name="+"
    )
    grade = models.PositiveSmallIntegerField("评价", choices=Grade.choices)
    reasons = models.JSONField("原因", default=list, blank=True)
    words = models.CharField("说明", max_length=200, blank=True)
    at = models.DateTimeField("评价时间", default=timezone.now)
    standing = models.CharField("核实情况", max_length=10, choices=Standing.choices)
    device = models.CharField("设备摘要", max_length=64)
    address = models.CharField("地址摘要", max_length=64)

    class Meta:
        db_table = "ride_rating"
        verbose_name = verbose_name_plural = "扫码评价"
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["-at", "-id"], name="ride_rating_by_time"),
            models.Index(fields=["vehicle", "-at"], name="ride_rating_vehicle"),
            models.Index(fields=["device", "-at"], name="ride_rating_device"),
            models.Index(fields=["address", "-at"], name="ride_rating_address"),
            models.Index(fields=["practitioner", "-at"], name="ride_rating_driver"),
            models.Index(fields=["company", "-at"], name="ride_rating_company"),
            models.Index(fields=["at"], condition=Q(standing="no_ride"), name="ride_rating_unmatched"),
        ]

    def __str__(self) -> str:
        return f"{self.get_grade_display()} {self.at:%Y-%m-%d %H:%M}"

    @property
    def is_low(self) -> bool:
        """Whether somebody should ask why."""
        return self.grade >= self.Grade.NOT_SATISFIED


class RatingDay(models.Model):
    """What a driver was rated on one day of Asia/Shanghai (评价日汇总), by screen and by sticker; folded anew.

    ``practitioner`` is null where the taximeter named nobody whom the registry knows.
    """

    class Source(models.TextChoices):
        SCREEN = "screen", "车内评价"
        STICKER = "sticker", "扫码评价"

    day = models.DateField("日期")
    source = models.CharField("来源", max_length=8, choices=Source.choices)
    county = models.ForeignKey("datacenter.County", models.PROTECT, verbose_name="县区", null=True, related_name="+")
    company = models.ForeignKey("datacenter.Company", models.PROTECT, verbose_name="企业", null=True, related_name="+")
    practitioner = models.ForeignKey(
        "datacenter.Practitioner", models.PROTECT, verbose_name="驾驶员", null=True, related_name="+"
    )
    rides = models.PositiveIntegerField("营运次数", default=0)
    satisfied = models.PositiveIntegerField("满意", default=0)
    average = models.PositiveIntegerField("一般", default=0)
    not_satisfied = models.PositiveIntegerField("不满意", default=0)
    complaint = models.PositiveIntegerField("投诉", default=0)

    class Meta:
        db_table = "rating_day"
        verbose_name = verbose_name_plural = "评价日汇总"
        indexes = [
            models.Index(fields=["day", "county"], name="rating_day_county"),
            models.Index(fields=["company", "day"], name="rating_day_company"),
            models.Index(fields=["practitioner", "day"], name="rating_day_driver"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["day", "source", "county", "company", "practitioner"],
                name="rating_day_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.source}"
