"""A case (案件), what happened to it step by step (办理记录), and the files that prove it (附件).

Events and attachments are append-only: a trigger refuses update and delete, and each event carries the hash of the one
before it, so that a changed or missing one shows.
"""

from django.db import models

from datacenter.cases.states import OPEN_STATES, State, Verb
from datacenter.registry.models import Vehicle


class Case(models.Model):
    """One matter that somebody must deal with (案件), whatever its origin: finding, complaint, screening, order."""

    class Origin(models.TextChoices):
        FINDING = "finding", "系统检测"
        SCREENING = "screening", "远程排查"
        COMPLAINT = "complaint", "12328 投诉"
        INSPECTION = "inspection", "路面检查"
        INSTRUCTION = "instruction", "上级交办"
        EMERGENCY = "emergency", "应急事件"

    class Outcome(models.TextChoices):
        SUBSTANTIATED = "substantiated", "属实"
        UNFOUNDED = "unfounded", "不属实"

    class Level(models.TextChoices):
        GENERAL = "general", "一般"
        MAJOR = "major", "较大"
        SERIOUS = "serious", "严重"

    number = models.CharField("案号", max_length=20, unique=True)
    origin = models.CharField("来源", max_length=12, choices=Origin.choices)
    kind = models.CharField("事由代码", max_length=40, help_text="检测规则代码或投诉类别")
    industry = models.CharField("行业", max_length=12, choices=Vehicle.Kind.choices, blank=True)
    title = models.CharField("事由", max_length=80)
    state = models.CharField("状态", max_length=12, choices=State.choices, default=State.COLLECTED)
    level = models.CharField(
        "等级", max_length=8, choices=Level.choices, default=Level.GENERAL, db_default=Level.GENERAL
    )
    is_key = models.BooleanField("重点案件", default=False, db_default=False)
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
    practitioner = models.ForeignKey(
        "datacenter.Practitioner", verbose_name="从业人员", on_delete=models.PROTECT, null=True, blank=True,
        related_name="+",
    )  # fmt: skip
    occurred_at = models.DateTimeField("发生时间")
    latitude_e6 = models.IntegerField("纬度 1e-6°", null=True, blank=True)
    longitude_e6 = models.IntegerField("经度 1e-6°", null=True, blank=True)
    opened_at = models.DateTimeField("立案时间", auto_now_add=True)
    # The clock, body and result of the case's first leg (主办); the whole of it is in its ``Dispatch`` rows.
    due_at = models.DateTimeField("办理期限", null=True, blank=True)
    amber_at = models.DateTimeField("预警时间", null=True, blank=True)
    due_provisional = models.BooleanField(
        "期限暂定", default=False, db_default=False, help_text="跨到放假安排尚未公布的年份，按周一至周五计"
    )
    assignee = models.ForeignKey(
        "datacenter.User", verbose_name="承办人", on_delete=models.PROTECT, null=True, blank=True, related_name="cases"
    )
    result = models.TextField("办理结果", blank=True)
    outcome = models.CharField("查证结论", max_length=16, choices=Outcome.choices, blank=True)
    contradicted = models.BooleanField(
        "结论不一致", default=False, db_default=False, help_text="县区与执法队查证结论不同，由市级裁定"
    )
    returned_times = models.PositiveSmallIntegerField("退回次数", default=0, db_default=0)
    closed_at = models.DateTimeField("办结时间", null=True, blank=True)
    filed_at = models.DateTimeField("归档时间", null=True, blank=True)

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
            models.Index(fields=["-opened_at", "-id"], condition=models.Q(is_key=True), name="case_key"),
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
