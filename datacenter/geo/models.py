"""Places as rows: counties with their boundary, and areas that mean something (电子围栏). WGS-84 throughout."""

from django.db import models


class County(models.Model):
    """A county or district (县区) with its boundary, valid from and until a day."""

    code = models.CharField("行政区划代码", max_length=6, primary_key=True, help_text="GB/T 2260, 六位")
    name = models.CharField("名称", max_length=40)
    city_code = models.CharField("所属市代码", max_length=6, db_index=True)
    boundary = models.JSONField("边界", help_text="GeoJSON Polygon 或 MultiPolygon，WGS-84")
    disputed = models.JSONField("边界待确认范围", null=True, blank=True, help_text="各来源不一致处，GeoJSON，WGS-84")
    source = models.CharField("边界来源", max_length=200)
    valid_from = models.DateField("有效期起")
    valid_until = models.DateField("有效期止", null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", verbose_name="并入", on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        help_text="撤并后由哪个县区承接未办结案件",
    )  # fmt: skip

    class Meta:
        db_table = "county"
        verbose_name = verbose_name_plural = "县区"
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class Area(models.Model):
    """An area with a rule (电子围栏): forbidden to some kinds of vehicle, with a speed limit, an approved route, or a
    place where taxis wait for passengers: a rank, or the forecourt of a station.

    The corridor along a route binds the vehicles it names; one that names none binds its kinds.
    """

    class Kind(models.TextChoices):
        FORBIDDEN = "forbidden", "禁行区域"
        SPEED = "speed", "限速区域"
        CORRIDOR = "corridor", "核准路线"
        RANK = "rank", "出租汽车候客点"
        STATION = "station", "场站"

    name = models.CharField("名称", max_length=80)
    kind = models.CharField("类型", max_length=12, choices=Kind.choices)
    boundary = models.JSONField("范围", help_text="GeoJSON Polygon 或 MultiPolygon，WGS-84")
    vehicle_kinds = models.JSONField("适用车辆类别", default=list, blank=True, help_text="空表示全部类别")
    limit_kmh = models.PositiveSmallIntegerField("限速 km/h", null=True, blank=True)
    vehicles = models.ManyToManyField("datacenter.Vehicle", verbose_name="适用车辆", blank=True, related_name="+")
    daily_from = models.TimeField("每日起", null=True, blank=True, help_text="与每日止都不填为全天；止早于起为跨夜")
    daily_until = models.TimeField("每日止", null=True, blank=True)
    active = models.BooleanField("启用", default=True)
    valid_from = models.DateTimeField("有效期起", null=True, blank=True)
    valid_until = models.DateTimeField("有效期止", null=True, blank=True)
    source = models.CharField("依据", max_length=200)
    changed_at = models.DateTimeField("修改时间", auto_now=True)

    class Meta:
        db_table = "area"
        verbose_name = verbose_name_plural = "电子围栏"
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="area_speed_has_limit",
                condition=~models.Q(kind="speed") | models.Q(limit_kmh__isnull=False),
            ),
            models.CheckConstraint(
                name="area_hours_both",
                condition=models.Q(daily_from__isnull=True, daily_until__isnull=True)
                | models.Q(daily_from__isnull=False, daily_until__isnull=False)
                & ~models.Q(daily_from=models.F("daily_until")),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RoadSection(models.Model):
    """A stretch of road with one posted limit (路段): its centre line, as wide as its carriageway."""

    class RoadClass(models.TextChoices):
        MOTORWAY = "motorway", "高速公路"
        FIRST = "first", "一级公路"
        SECOND = "second", "二级公路"
        THIRD = "third", "三级公路"
        FOURTH = "fourth", "四级公路"
        URBAN = "urban", "城市道路"

    name = models.CharField("名称", max_length=80)
    route = models.CharField("路线编号", max_length=20, blank=True)
    road_class = models.CharField("技术等级", max_length=12, choices=RoadClass.choices)
    line = models.JSONField("中心线", help_text="GeoJSON LineString 或 MultiLineString，WGS-84")
    width_m = models.PositiveSmallIntegerField("路幅宽 m", help_text="双向全宽")
    limit_kmh = models.PositiveSmallIntegerField("限速 km/h")
    kind_limits = models.JSONField("分车型限速", default=dict, blank=True, help_text='例如 {"hazmat": 60}，其余按限速')
    active = models.BooleanField("启用", default=True)
    valid_from = models.DateTimeField("有效期起", null=True, blank=True)
    valid_until = models.DateTimeField("有效期止", null=True, blank=True)
    source = models.CharField("依据", max_length=200)
    source_verified = models.BooleanField("依据已核实", default=False)
    changed_at = models.DateTimeField("修改时间", auto_now=True)

    class Meta:
        db_table = "road_section"
        verbose_name = verbose_name_plural = "路段"
        ordering = ["route", "name"]
        constraints = [
            models.CheckConstraint(
                name="road_section_sizes", condition=models.Q(width_m__gt=0) & models.Q(limit_kmh__gt=0)
            )
        ]

    def __str__(self) -> str:
        return self.name


class Crossing(models.Model):
    """A zebra crossing as a polygon (斑马线)."""

    name = models.CharField("名称", max_length=80)
    boundary = models.JSONField("范围", help_text="GeoJSON Polygon，WGS-84")
    active = models.BooleanField("启用", default=True)
    source = models.CharField("依据", max_length=200)
    changed_at = models.DateTimeField("修改时间", auto_now=True)

    class Meta:
        db_table = "crossing"
        verbose_name = verbose_name_plural = "斑马线"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
