"""Who is assessed (考核对象): a county, a company, a vehicle or a practitioner, and whose rows theirs are."""

from django.db import models


class Kind(models.TextChoices):
    """What is assessed. Vehicles have a credit grade and no monthly score."""

    COUNTY = "county", "县区"
    COMPANY = "company", "企业"
    VEHICLE = "vehicle", "车辆"
    PRACTITIONER = "practitioner", "从业人员"


SCORED = (Kind.COUNTY, Kind.COMPANY, Kind.PRACTITIONER)
GRADED = (Kind.COMPANY, Kind.VEHICLE, Kind.PRACTITIONER)


class Axis(models.TextChoices):
    """The four sides of 一体联动考评."""

    CONDUCT = "conduct", "经营行为"
    SERVICE = "service", "服务质量"
    SAFETY = "safety", "安全运营"
    COMMAND = "command", "指挥调度"


class OfSubject(models.Model):
    """A row about one subject: ``subject`` is its key as text (a county's code, else an id).

    County and company say whose the row is as it was then; what moves to another county later keeps its history.
    """

    kind = models.CharField("对象类别", max_length=12, choices=Kind.choices)
    subject = models.CharField("对象", max_length=20)
    name = models.CharField("名称", max_length=80)
    county_id = models.CharField("县区", max_length=6, null=True)
    company_id = models.BigIntegerField("企业编号", null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.subject}"
