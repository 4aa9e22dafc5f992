"""A case (案件), what happened to it step by step (办理记录), and the files that prove it (附件).

Events and attachments are append-only: a trigger refuses update and delete, and each event carries the hash of the one
before it, so that a changed or missing one shows.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Value

from datacenter.cases.states import OPEN_STATES, State, Verb
from datacenter.registry.models import Vehicle


class Case(models.Model):
    """One matter that somebody must deal with (案件), whatever its origin: finding, complaint, screening, order."""

    class Origin(models.TextChoices):
        FINDING = "finding", "系统检测"
        SCREENING = "screening", "远程排查"
        COMPLAINT = "complaint", "12328 投诉"
        INSTRUCTION = "instruction", "上级交办"
        EMERGENCY = "emergency", "应急事件"

    class Outcome(models.TextChoices):
        SUBSTANTIATED = "substantiated", "属实"
        UNFOUNDED = "unfounded", "不属实"

    number = models.CharField("案号", max_length=20, unique=True)
    origin = models.CharField("来源", max_length=12, choices=Origin.choices)
    kind = models.CharField("事由代码", max_length=40, help_text="检测规则代码或投诉类别")
    industry = models.CharField("行业", max_length=12, choices=Vehicle.Kind.choices, blank=True)
    title = models.CharField("事由", max_length=80)
    state = models.CharField("状态", max_length=12, choices=State.choices, default=State.COLLECTED)
    county = models.ForeignKey(
        "datacenter.County", verbose_name="承办县区", on_delete=models.PROTECT, null=True, blank=True
    )
    county_rule = models.CharField("派发依据", max_length=80, blank=True)
    boundary_unconfirmed = models.BooleanField("边界待确认", default=False)
    vehicle = models.ForeignKey(Vehicle, verbose_name="车辆", on_delete=models.PROTECT, null=True, blank=True)
    company = models.ForeignKey(
        "datacenter.Company", verbose_name="企业", on_delete=models.PROTECT, null=True, blank=True
    )
    # The file names them as they were when it was opened, and for officers who may not open the registry row.
    plate = models.CharField("车牌号", max_length=10, blank=True)
    plate_colour = models.PositiveSmallIntegerField(
        "车牌颜色", choices=Vehicle.PlateColour.choices, null=True, blank=True
    )
    company_name = models.CharField("企业名称", max_length=80, blank=True)
    driver_name = models.CharField("驾驶员", max_length=40, blank=True)
    occurred_at = models.DateTimeField("发生时间")
    latitude_e6 = models.IntegerField("纬度 1e-6°", null=True, blank=True)
    longitude_e6 = models.IntegerField("经度 1e-6°", null=True, blank=True)
    opened_at = models.DateTimeField("立案时间", auto_now_add=True)
    due_at = models.DateTimeField("办理期限", null=True, blank=True)
    assignee = models.ForeignKey(
        "datacenter.User", verbose_name="承办人", on_delete=models.PROTECT, null=True, blank=True, related_name="cases"
    )
    result = models.TextField("办理结果", blank=True)
    outcome = models.CharField("查证结论", max_length=16, choices=Outcome.choices, blank=True)
    closed_at = models.DateTimeField("办结时间", null=True, blank=True)

    class Meta:
        db_table = "case_file"
        verbose_name = verbose_name_plural = "案件"
        ordering = ["-opened_at", "-pk"]
        indexes = [
            models.Index(fields=["county", "state", "-opened_at"], name="case_county_state"),
            models.Index(fields=["state", "-opened_at"], name="case_state"),
            models.Index(fields=["company", "-opened_at"], name="case_company"),
            models.Index(fields=["vehicle", "-opened_at"], name="case_vehicle"),
            models.Index(fields=["-opened_at", "-id"], name="case_opened"),
            models.Index(fields=["plate"], name="case_plate"),
            # Deadlines matter while a case is open; a city of a million closed ones counts only these.
            models.Index(fields=["due_at"], condition=models.Q(state__in=OPEN_STATES), name="case_due"),
        ]

    def __str__(self) -> str:
        return self.number


class CaseEvent(models.Model):
    """One step in a case's life (办理记录), in order, chained by hash."""

    case = models.ForeignKey(Case, verbose_name="案件", on_delete=models.PROTECT, related_name="events")
    sequence = models.PositiveIntegerField("序号")
    at = models.DateTimeField("时间")
    verb = models.CharField("动作", max_length=16, choices=Verb.choices)
    from_state = models.CharField("原状态", max_length=12, choices=State.choices, blank=True)
    to_state = models.CharField("新状态", max_length=12, choices=State.choices)
    by = models.ForeignKey(
        "datacenter.User", verbose_name="经办人", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    by_name = models.CharField("经办", max_length=120, help_text="姓名与机构，或“系统”")
    note = models.TextField("说明", blank=True)
    facts = models.JSONField("内容", default=dict, blank=True)
    previous_hash = models.CharField("前一记录摘要", max_length=64, blank=True)
    hash = models.CharField("摘要 SHA-256", max_length=64)

    class Meta:
        db_table = "case_event"
        verbose_name = verbose_name_plural = "办理记录"
        ordering = ["case_id", "sequence"]
        constraints = [models.UniqueConstraint(fields=["case", "sequence"], name="case_event_sequence")]


class CaseAttachment(models.Model):
    """A file that belongs to a step (附件): named by its SHA-256, its type found from its content."""

    event = models.ForeignKey(CaseEvent, verbose_name="办理记录", on_delete=models.PROTECT, related_name="attachments")
    name = models.CharField("文件名", max_length=120)
    content_type = models.CharField("类型", max_length=40)
    sha256 = models.CharField("SHA-256", max_length=64)
    size_bytes = models.PositiveIntegerField("大小")
    path = models.CharField("存放位置", max_length=160)

    class Meta:
        db_table = "case_attachment"
        verbose_name = verbose_name_plural = "案件附件"


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

    An empty industry means all others, an empty kind (事由) all others; a row that names the kind goes before one
    that names the industry alone. Where ``applies`` is no, a finding of this kind opens no case in this industry.
    """

    industry = models.CharField("行业", max_length=12, choices=Vehicle.Kind.choices, blank=True)
    kind = models.CharField("事由（规则代码）", max_length=40, blank=True, default="", db_default="")
    applies = models.BooleanField("适用", default=True, db_default=True, help_text="不适用的行业不立案，只留疑似违规")
    handle_hours = models.PositiveIntegerField("办理时限（小时）", validators=[MinValueValidator(1)])
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
        ordering = ["industry", "kind"]
        constraints = [models.UniqueConstraint(fields=["industry", "kind"], name="workflow_rule_once")]

    def __str__(self) -> str:
        return f"{self.get_industry_display() or '其他行业'} {self.kind or '其他事由'}"
