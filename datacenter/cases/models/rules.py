"""Rules of the loop as rows (办案规则): standards of an industry and kind, whose a case is, which are key, who presses.

No legal limit was found for most of them: each row has its source and the mark 未核实 until somebody confirms it.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Value

from datacenter.cases.models.case import Case
from datacenter.cases.models.clock import Clock
from datacenter.registry.models import Vehicle


class EvidenceKind(models.TextChoices):
    """What may prove a violation; a workflow row names those that its cases want."""

    TRACK = "track", "轨迹"
    PHOTO = "photo", "照片"
    CLIP = "clip", "视频"
    ALARM = "alarm", "终端报警"


def known_evidence(value: Any) -> None:
    """A list of ``EvidenceKind`` values, each once. Raises ``ValidationError`` naming what is wrong."""
    if not isinstance(value, list):
        raise ValidationError(f"取证要求应为列表，现为 {value!r}")
    wrong = [one for one in value if one not in EvidenceKind.values]
    if wrong or len(set(value)) != len(value):
        known = "、".join(f"{one.value}（{one.label}）" for one in EvidenceKind)
        raise ValidationError(f"取证要求只能是不重复的 {known}，现为 {value!r}")


class WorkflowRule(models.Model):
    """What holds for the cases of one industry and kind (办案标准), a row and never a constant.

    An empty industry, kind (事由) or level means all others; a row that names the kind goes before one that names the
    industry, and that before one that names the level. Where ``applies`` is no, a finding of this kind opens no case in
    this industry. ``double`` sends a case two ways at once (双重派送): to the county and to an enforcement team.
    """

    industry = models.CharField("行业", max_length=12, choices=Vehicle.Kind.choices, blank=True)
    kind = models.CharField("事由（规则代码）", max_length=40, blank=True, default="", db_default="")
    level = models.CharField("等级", max_length=8, choices=Case.Level.choices, blank=True, default="", db_default="")
    applies = models.BooleanField("适用", default=True, db_default=True, help_text="不适用的行业不立案，只留疑似违规")
    handle_hours = models.PositiveIntegerField("办理时限（小时）", validators=[MinValueValidator(1)])
    clock = models.CharField(
        "计时方式", max_length=8, choices=Clock.choices, default=Clock.CALENDAR, db_default=Clock.CALENDAR,
        help_text="工作时只计工作日的办公时间",
    )  # fmt: skip
    double = models.BooleanField("双重派送", default=False, db_default=False, help_text="同时派县区与执法队")
    evidence = models.JSONField(
        "取证要求",
        default=list,
        db_default=Value("[]", output_field=models.JSONField()),
        blank=True,
        validators=[known_evidence],
        help_text="列表：track 轨迹、photo 照片、clip 视频、alarm 终端报警",
    )
    source = models.CharField("依据", max_length=200)
    source_verified = models.BooleanField("依据已核实", default=False)

    class Meta:
        db_table = "workflow_rule"
        verbose_name = verbose_name_plural = "办案标准"
        ordering = ["industry", "kind", "level"]
        constraints = [models.UniqueConstraint(fields=["industry", "kind", "level"], name="workflow_rule_once")]

    def __str__(self) -> str:
        return (
            f"{self.get_industry_display() or '其他行业'} {self.kind or '其他事由'} {self.get_level_display()}".strip()
        )


class TerritoryRule(models.Model):
    """Whose a case is (属地属人规则): the first row in force that fits and gives a county decides.

    A row whose basis gives none (a place outside every county, no vehicle, no driver) is passed over; where no row
    gives one, the case waits for the city to dispatch it.
    """

    class Basis(models.TextChoices):
        PLACE = "place", "发生地"
        VEHICLE = "vehicle", "车籍地"
        COMPANY = "company", "企业所在地"
        PRACTITIONER = "practitioner", "从业人员属地"
        COUNTY = "county", "指定县区"
        CITY = "city", "市级派发"

    position = models.PositiveIntegerField("顺序", help_text="从小到大，先符合者为准")
    industry = models.CharField("行业", max_length=12, choices=Vehicle.Kind.choices, blank=True)
    kind = models.CharField("事由", max_length=40, blank=True, help_text="代码，或以 * 结尾的开头，如 taxi.*；空为全部")
    origin = models.CharField("来源", max_length=12, choices=Case.Origin.choices, blank=True)
    basis = models.CharField("归属依据", max_length=12, choices=Basis.choices)
    county = models.ForeignKey(
        "datacenter.County", verbose_name="指定县区", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    in_force = models.BooleanField("启用", default=True)
    source = models.CharField("依据", max_length=200, blank=True)
    source_verified = models.BooleanField("依据已核实", default=False)

    class Meta:
        db_table = "territory_rule"
        verbose_name = verbose_name_plural = "属地规则"
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(basis="county", county__isnull=False)
                | (~models.Q(basis="county") & models.Q(county__isnull=True)),
                name="territory_rule_county",
            )
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.get_basis_display()}"

    def clean(self) -> None:
        """A county is named where the basis asks for one, and only there."""
        if (self.basis == self.Basis.COUNTY) != (self.county_id is not None):
            raise ValidationError({"county": "归属依据为“指定县区”时须选择县区，其他依据不选"})
        if "*" in self.kind[:-1]:
            raise ValidationError({"kind": f"* 只能在末尾，现为 {self.kind!r}"})


class KeyCaseRule(models.Model):
    """Which cases are key from the start (重点案件规则), and of what level; the first row that fits decides."""

    position = models.PositiveIntegerField("顺序")
    industry = models.CharField("行业", max_length=12, choices=Vehicle.Kind.choices, blank=True)
    kind = models.CharField("事由", max_length=40, blank=True, help_text="代码，或以 * 结尾的开头；空为全部")
    repeats = models.PositiveSmallIntegerField(
        "同车同事由次数", default=1, validators=[MinValueValidator(1)], help_text="含本次；1 为每一件"
    )
    within_days = models.PositiveSmallIntegerField("期间（天）", default=30, validators=[MinValueValidator(1)])
    level = models.CharField("等级", max_length=8, choices=Case.Level.choices)
    is_key = models.BooleanField("列为重点案件", default=True)
    in_force = models.BooleanField("启用", default=True)
    source = models.CharField("依据", max_length=200, blank=True)
    source_verified = models.BooleanField("依据已核实", default=False)

    class Meta:
        db_table = "key_case_rule"
        verbose_name = verbose_name_plural = "重点案件规则"
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return f"{self.position} {self.kind or '全部事由'}"


class SupervisionRule(models.Model):
    """When a late case is pressed by itself (督办规则): how late, at which level, by whom, answered by when."""

    level = models.PositiveSmallIntegerField("督办级别", choices=[(1, "一级"), (2, "二级"), (3, "三级")], unique=True)
    after_hours = models.PositiveIntegerField("逾期多少工作时后", help_text="0 为逾期即督办")
    answer_hours = models.PositiveIntegerField("回复时限（工作时）", validators=[MinValueValidator(1)])
    leader = models.ForeignKey(
        "datacenter.User", verbose_name="督办领导", on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        help_text="空则由市级监管员督办",
    )  # fmt: skip
    in_force = models.BooleanField("启用", default=True)
    source = models.CharField("依据", max_length=200, blank=True)
    source_verified = models.BooleanField("依据已核实", default=False)

    class Meta:
        db_table = "supervision_rule"
        verbose_name = verbose_name_plural = "督办规则"
        ordering = ["level"]

    def __str__(self) -> str:
        return str(self.get_level_display())


class CalendarDay(models.Model):
    """A day that the bureau counts otherwise than the published calendar (工作日调整)."""

    day = models.DateField("日期", primary_key=True)
    is_working = models.BooleanField("工作日")
    reason = models.CharField("原因", max_length=100)

    class Meta:
        db_table = "calendar_day"
        verbose_name = verbose_name_plural = "工作日调整"
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}"
