"""An instruction or campaign (监管指令、专项整治), each county's task in it, its items, files and every step.

Whose a row is follows from the task: a county sees its own task with the task's items, files and steps, and of the
instruction what is for all. Steps and files are append-only.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from datacenter.registry.models import Vehicle


class Instruction(models.Model):
    """What the city asks of counties by a day (监管指令): one paper, a task for each county."""

    class Kind(models.TextChoices):
        INSTRUCTION = "instruction", "指令"
        CAMPAIGN = "campaign", "专项整治"

    class State(models.TextChoices):
        OPEN = "open", "进行中"
        CLOSED = "closed", "已结束"
        WITHDRAWN = "withdrawn", "已撤回"

    title = models.CharField("标题", max_length=80)
    document_no = models.CharField("文号", max_length=40, blank=True)
    text = models.TextField("内容")
    kind = models.CharField("类型", max_length=12, choices=Kind.choices)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.OPEN)
    due_at = models.DateTimeField("反馈期限")
    finding_kinds = models.JSONField(
        "整治事由", default=list, blank=True, help_text="规则代码；专项开始后清单内车辆的这些疑似违规计入进度"
    )
    selection = models.CharField("清单来源", max_length=300, blank=True)
    sent_at = models.DateTimeField("下发时间")
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="下发人", on_delete=models.PROTECT, related_name="+"
    )
    ended_at = models.DateTimeField("结束时间", null=True, blank=True)

    class Meta:
        db_table = "instruction"
        verbose_name = verbose_name_plural = "监管指令"
        ordering = ["-sent_at", "-pk"]
        indexes = [models.Index(fields=["-sent_at", "-id"], name="instruction_sent")]
        constraints = [
            models.CheckConstraint(condition=Q(due_at__gt=F("sent_at")), name="instruction_due_after_sent"),
            models.CheckConstraint(
                condition=Q(state="open", ended_at=None) | (~Q(state="open") & Q(ended_at__isnull=False)),
                name="instruction_ended",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        """Whether counties still work on it."""
        return self.state == self.State.OPEN


class InstructionTask(models.Model):
    """One county's part (县区任务): issued 待签收 → received 办理中 → answered 已反馈 → passed 已通过.

    An answer that the city sends back (退回) is no answer: ``answered_at`` is empty again until it comes anew.
    """

    class State(models.TextChoices):
        ISSUED = "issued", "待签收"
        RECEIVED = "received", "办理中"
        RETURNED = "returned", "已退回"
        ANSWERED = "answered", "已反馈"
        PASSED = "passed", "已通过"

    instruction = models.ForeignKey(
        Instruction, verbose_name="监管指令", on_delete=models.PROTECT, related_name="tasks"
    )
    county = models.ForeignKey("datacenter.County", verbose_name="县区", on_delete=models.PROTECT, related_name="+")
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.ISSUED)
    sent_at = models.DateTimeField("下发时间")
    due_at = models.DateTimeField("反馈期限")
    accepted_at = models.DateTimeField("签收时间", null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="签收人", on_delete=models.PROTECT, null=True, blank=True,
        related_name="+",
    )  # fmt: skip
    answered_at = models.DateTimeField("反馈时间", null=True, blank=True)
    answer = models.TextField("反馈内容", blank=True)
    passed_at = models.DateTimeField("通过时间", null=True, blank=True)
    returned_times = models.PositiveSmallIntegerField("退回次数", default=0)
    urged_at = models.DateTimeField("最近催办时间", null=True, blank=True)
    urged_times = models.PositiveSmallIntegerField("催办次数", default=0)

    class Meta:
        db_table = "instruction_task"
        verbose_name = verbose_name_plural = "县区任务"
        ordering = ["instruction_id", "county_id"]
        constraints = [
            models.UniqueConstraint(fields=["instruction", "county"], name="instruction_task_once"),
            models.CheckConstraint(
                condition=Q(state__in=["answered", "passed"], answered_at__isnull=False)
                | (~Q(state__in=["answered", "passed"]) & Q(answered_at=None)),
                name="instruction_task_answered",
            ),
        ]
        indexes = [
            models.Index(fields=["county", "state", "due_at"], name="instruction_task_county"),
            models.Index(fields=["due_at"], name="instruction_task_due"),
        ]

    def __str__(self) -> str:
        return f"{self.instruction} {self.county}"

    @property
    def is_answered(self) -> bool:
        """Whether an answer stands."""
        return self.state in (self.State.ANSWERED, self.State.PASSED)

    @property
    def in_time(self) -> bool | None:
        """Whether the answer that stands came in time; None without one."""
        return self.answered_at <= self.due_at if self.answered_at else None


class InstructionItem(models.Model):
    """One vehicle or area that a county looks into (检查对象), and what it found.

    ``task`` is empty where no county of the instruction has it: it stands on the city's own list, ``mark`` says why.
    Keeps names as they were when the instruction was sent.
    """

    class Mark(models.TextChoices):
        OUTSIDE = "outside", "不在任何县区"
        NOT_ASKED = "not_asked", "所在县区未列入"

    class Result(models.TextChoices):
        """In the order of the keys 1 to 4."""

        CHECKED = "checked", "已查无问题"
        FINDING = "finding", "查出问题"
        NOT_FOUND = "not_found", "未找到"
        TRANSFERRED = "transferred", "已移交"

    instruction = models.ForeignKey(
        Instruction, verbose_name="监管指令", on_delete=models.PROTECT, related_name="items"
    )
    task = models.ForeignKey(
        InstructionTask, verbose_name="县区任务", on_delete=models.PROTECT, null=True, blank=True, related_name="items"
    )
    county = models.ForeignKey(
        "datacenter.County", verbose_name="县区", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    position = models.PositiveIntegerField("序号")
    vehicle = models.ForeignKey(
        Vehicle, verbose_name="车辆", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    # An area may be deleted later; its name and middle stay.
    area = models.ForeignKey(
        "datacenter.Area", verbose_name="区域", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    plate = models.CharField("车牌号", max_length=10, blank=True)
    plate_colour = models.PositiveSmallIntegerField(
        "车牌颜色", choices=Vehicle.PlateColour.choices, null=True, blank=True
    )
    industry = models.CharField("行业", max_length=12, choices=Vehicle.Kind.choices, blank=True)
    company_name = models.CharField("企业名称", max_length=80, blank=True)
    area_name = models.CharField("区域名称", max_length=80, blank=True)
    latitude_e6 = models.IntegerField("纬度 1e-6°", null=True, blank=True)
    longitude_e6 = models.IntegerField("经度 1e-6°", null=True, blank=True)
    boundary_unconfirmed = models.BooleanField("边界待确认", default=False)
    mark = models.CharField("标记", max_length=10, choices=Mark.choices, blank=True)
    result = models.CharField("结果", max_length=12, choices=Result.choices, blank=True)
    note = models.CharField("说明", max_length=300, blank=True)
    done_at = models.DateTimeField("办理时间", null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="办理人", on_delete=models.PROTECT, null=True, blank=True,
        related_name="+",
    )  # fmt: skip
    case = models.ForeignKey(
        "datacenter.Case", verbose_name="案件", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        db_table = "instruction_item"
        verbose_name = verbose_name_plural = "检查对象"
        ordering = ["instruction_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["instruction", "position"], name="instruction_item_position"),
            models.UniqueConstraint(fields=["instruction", "vehicle"], name="instruction_item_vehicle"),
            models.UniqueConstraint(fields=["instruction", "area"], name="instruction_item_area"),
            models.CheckConstraint(
                condition=Q(task=None) & ~Q(mark="") | Q(task__isnull=False, mark=""), name="instruction_item_mark"
            ),
            models.CheckConstraint(
                condition=Q(result="", done_at=None) | ~Q(result="") & Q(done_at__isnull=False),
                name="instruction_item_done",
            ),
        ]
        indexes = [
            models.Index(fields=["task", "position"], name="instruction_item_task"),
            models.Index(fields=["case"], condition=Q(case__isnull=False), name="instruction_item_case"),
        ]

    def __str__(self) -> str:
        return self.plate or self.area_name


class InstructionEvent(models.Model):
    """One step of an instruction or of one county's task (指令办理记录). Append-only."""

    class Verb(models.TextChoices):
        ISSUE = "issue", "下发"
        EXTEND = "extend", "延期"
        CLOSE = "close", "结束"
        WITHDRAW = "withdraw", "撤回"
        URGE = "urge", "催办"
        RECEIVE = "receive", "签收"
        RESULT = "result", "登记结果"
        OPEN_CASE = "open_case", "立案"
        ANSWER = "answer", "反馈"
        RETURN = "return", "退回"
        PASS = "pass", "通过"

    instruction = models.ForeignKey(
        Instruction, verbose_name="监管指令", on_delete=models.PROTECT, related_name="events"
    )
    task = models.ForeignKey(
        InstructionTask, verbose_name="县区任务", on_delete=models.PROTECT, null=True, related_name="events"
    )
    # A step about the city's own list: counties do not see it.
    city_only = models.BooleanField("仅市级可见", default=False)
    at = models.DateTimeField("时间")
    verb = models.CharField("动作", max_length=10, choices=Verb.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name="经办人", on_delete=models.PROTECT, related_name="+")
    by_name = models.CharField("经办", max_length=120, help_text="姓名与机构")
    note = models.TextField("说明", blank=True)
    facts = models.JSONField("内容", default=dict, blank=True)

    class Meta:
        db_table = "instruction_event"
        verbose_name = verbose_name_plural = "指令办理记录"
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["instruction", "-at"], name="instruction_event_at")]


class InstructionFile(models.Model):
    """A file of an instruction, or of a county's answer (指令附件): its type found from its content."""

    instruction = models.ForeignKey(
        Instruction, verbose_name="监管指令", on_delete=models.PROTECT, related_name="files"
    )
    task = models.ForeignKey(
        InstructionTask, verbose_name="县区任务", on_delete=models.PROTECT, null=True, related_name="files"
    )
    name = models.CharField("文件名", max_length=120)
    content_type = models.CharField("类型", max_length=80)
    sha256 = models.CharField("SHA-256", max_length=64)
    size_bytes = models.PositiveIntegerField("大小")
    path = models.CharField("存放位置", max_length=160)
    at = models.DateTimeField("上传时间")

    class Meta:
        db_table = "instruction_file"
        verbose_name = verbose_name_plural = "指令附件"
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name
