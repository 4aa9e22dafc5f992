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

    class Meta:
        db_table = "county"
        verbose_name = verbose_name_plural = "县区"
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class Area(models.Model):
    """An area with a rule (电子围栏): forbidden to some kinds of vehicle, or with a speed limit of its own."""

    class Kind(models.TextChoices):
        FORBIDDEN = "forbidden", "禁行区域"
        SPEED = "speed", "限速区域"

    name = models.CharField("名称", max_length=80)
    kind = models.CharField("类型", max_length=12, choices=Kind.choices)
    boundary = models.JSONField("范围", help_text="GeoJSON Polygon 或 MultiPolygon，WGS-84")
    vehicle_kinds = models.JSONField("适用车辆类别", default=list, blank=True, help_text="空表示全部类别")
    limit_kmh = models.PositiveSmallIntegerField("限速 km/h", null=True, blank=True)
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
            )
        ]

    def __str__(self) -> str:
        return self.name
