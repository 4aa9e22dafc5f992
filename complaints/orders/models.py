"""Work orders of the 12328 hotline (热线工单), and the categories they are told apart by.

The flow is that of JT/T 1019: unified acceptance 统一受理, classified transfer 分类转办, tracking, feedback, closing
办结, call-back 回访, filing 归档. What must be handled by a county runs as a ``Case``; what is answered in the same
breath (即时答复) needs none.
"""

from __future__ import annotations

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q

from complaints.orders import words
from datacenter.registry.models import Vehicle


class Category(models.Model):
    """What an order is about (工单类别): seven kinds, and sub-categories under each, as rows.

    ``questions`` guide the operator: a list of ``{"code", "label", "kind", "required", "choices"}`` with kind one of
    ``text``, ``number``, ``choice``, ``yes_no``. How long handling may take is the loop's own row (``WorkflowRule`` of
    kind ``hotline.<kind>``): no legal limit was found.
    """

    class Kind(models.TextChoices):
        COMPLAINT = "complaint", "投诉"
        REPORT = "report", "举报"
        CONSULTATION = "consultation", "咨询"
        SUGGESTION = "suggestion", "意见建议"
        HELP = "help", "求助"
        LOST = "lost", "失物查找"
        PRAISE = "praise", "表扬"

    class CallBack(models.TextChoices):
        ALL = "all", "逐件回访"
        SAMPLE = "sample", "抽查回访"
        NONE = "none", "不回访"

    kind = models.CharField("类别", max_length=14, choices=Kind.choices)
    code = models.CharField("代码", max_length=40, unique=True)
    title = models.CharField("子类别", max_length=40)
    industry = models.CharField("业务领域", max_length=12, choices=Vehicle.Kind.choices, blank=True)
    questions = models.JSONField("引导问题", default=list, blank=True)
    call_back = models.CharField("回访方式", max_length=8, choices=CallBack.choices, default=CallBack.ALL)
    sample_percent = models.PositiveSmallIntegerField("抽查比例 %", default=100, validators=[MaxValueValidator(100)])
    position = models.PositiveIntegerField("顺序", default=100)
    in_force = models.BooleanField("启用", default=True)
    source = models.CharField("依据", max_length=200, blank=True)
    source_verified = models.BooleanField("依据已核实", default=False)

    class Meta:
        db_table = "complaint_category"
        verbose_name = verbose_name_plural = "工单类别"
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.title}"


class Order(models.Model):
    """One matter that a citizen brought (热线工单): who, about what, when and where, and what became of it.

    ``state`` follows the case where there is one. The caller's name and number are shown whole only to the operator in
    charge (``operator``); everybody else sees them masked.
    """

    class Channel(models.TextChoices):
        PHONE = "phone", "电话"
        WEB = "web", "网站"
        WECHAT = "wechat", "微信"
        LETTER = "letter", "来信"
        FORWARDED = "forwarded", "12345 转办"
        VISIT = "visit", "来访"

    class Ground(models.TextChoices):
        """Why an order is not taken up (不予受理): the grounds that the hotline's measures are quoted with."""

        COMPETENCE = "competence", "不属于交通运输主管部门职权范围"
        UNCLEAR = "unclear", "无明确的对象、事实和理由"
        ELSEWHERE = "elsewhere", "已由法院或仲裁机构受理"

    class State(models.TextChoices):
        ACCEPTED = "accepted", "待转办"
        HANDLING = "handling", "办理中"
        CALLING_BACK = "calling_back", "待回访"
        CLOSED = "closed", "已办结"
        FILED = "filed", "已归档"
        REFUSED = "refused", "不予受理"

    class Urgency(models.TextChoices):
        NORMAL = "normal", "普通"
        URGENT = "urgent", "紧急"

    class Satisfaction(models.TextChoices):
        SATISFIED = "satisfied", "满意"
        FAIR = "fair", "基本满意"
        UNSATISFIED = "unsatisfied", "不满意"

    number = models.CharField("工单号", max_length=20, unique=True)
    receipt = models.CharField("查询码", max_length=12, help_text="来话人凭工单号和查询码查询进度")
    category = models.ForeignKey(Category, models.PROTECT, verbose_name="类别", related_name="orders")
    channel = models.CharField("渠道", max_length=12, choices=Channel.choices, default=Channel.PHONE)
    external_no = models.CharField("来源单号", max_length=60, blank=True, help_text="转来平台的单号，同渠道内不重复")
    state = models.CharField("状态", max_length=14, choices=State.choices, default=State.ACCEPTED)
    urgency = models.CharField("紧急程度", max_length=8, choices=Urgency.choices, default=Urgency.NORMAL)
    caller_name = models.CharField("来话人", max_length=40, blank=True)
    caller_phone = models.CharField("来话号码", max_length=20, blank=True)
    confidential = models.BooleanField("要求保密", default=False)
    content = models.TextField("内容")
    answers = models.JSONField("引导问题的回答", default=dict, blank=True)
    occurred_at = models.DateTimeField("发生时间", null=True, blank=True)
    place = models.CharField("地点", max_length=120, blank=True)
    latitude_e6 = models.IntegerField("纬度 1e-6°", null=True, blank=True)
    longitude_e6 = models.IntegerField("经度 1e-6°", null=True, blank=True)
    industry = models.CharField("业务领域", max_length=12, choices=Vehicle.Kind.choices, blank=True)
    plate = models.CharField("车牌号", max_length=10, blank=True)
    plates_said = models.CharField("所述车牌", max_length=120, blank=True, default="", help_text="来话人说的原话")
    vehicle = models.ForeignKey("datacenter.Vehicle", models.PROTECT, verbose_name="车辆", null=True, blank=True,
                                related_name="+")  # fmt: skip
    practitioner = models.ForeignKey("datacenter.Practitioner", models.PROTECT, verbose_name="驾驶员", null=True,
                                     blank=True, related_name="+")  # fmt: skip
    driver_name = models.CharField("被诉驾驶员", max_length=40, blank=True, default="")
    company_name = models.CharField("被诉企业", max_length=80, blank=True, default="")
    line = models.CharField("线路", max_length=40, blank=True)
    company = models.ForeignKey("datacenter.Company", models.PROTECT, verbose_name="企业", null=True, blank=True,
                                related_name="+")  # fmt: skip
    paid_jiao = models.PositiveIntegerField("实付车费 角", null=True, blank=True)
    county = models.ForeignKey("datacenter.County", models.PROTECT, verbose_name="县区", null=True, blank=True,
                               related_name="+")  # fmt: skip
    case = models.OneToOneField("datacenter.Case", models.PROTECT, verbose_name="案件", null=True, blank=True,
                                related_name="order")  # fmt: skip
    duplicate_of = models.ForeignKey("self", models.PROTECT, verbose_name="重复于", null=True, blank=True,
                                     related_name="duplicates")  # fmt: skip
    operator = models.ForeignKey("datacenter.User", models.PROTECT, verbose_name="受理话务员", null=True, blank=True,
                                 related_name="+")  # fmt: skip
    accepted_at = models.DateTimeField("受理时间")
    first_answer_at = models.DateTimeField("首次答复时间", null=True, blank=True)
    answer = models.TextField("答复", blank=True)
    legal_basis = models.CharField("答复依据", max_length=200, blank=True)
    refused_ground = models.CharField(
        "不予受理原因", max_length=12, choices=Ground.choices, blank=True, default=""
    )  # fmt: skip
    call_back_waived = models.TextField("免回访原因", blank=True, default="")
    dissatisfied_with = models.TextField("不满意原因", blank=True, default="")
    called_back_at = models.DateTimeField("回访时间", null=True, blank=True)
    satisfaction = models.CharField("满意度", max_length=12, choices=Satisfaction.choices, blank=True)
    reopened_times = models.PositiveSmallIntegerField("重办次数", default=0)
    closed_at = models.DateTimeField("办结时间", null=True, blank=True)
    filed_at = models.DateTimeField("归档时间", null=True, blank=True)

    class Meta:
        db_table = "complaint_order"
        verbose_name = verbose_name_plural = "热线工单"
        ordering = ["-accepted_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "external_no"], condition=~Q(external_no=""), name="complaint_order_external_once"
            )
        ]
        indexes = [
            models.Index(fields=["-accepted_at", "-id"], name="complaint_order_time"),
            models.Index(fields=["state", "-accepted_at"], name="complaint_order_state"),
            models.Index(fields=["county", "-accepted_at"], name="complaint_order_county"),
            models.Index(fields=["company", "-accepted_at"], name="complaint_order_company"),
            models.Index(fields=["vehicle", "-accepted_at"], name="complaint_order_vehicle"),
            models.Index(
                fields=["caller_phone", "-accepted_at"], condition=~Q(caller_phone=""), name="complaint_order_caller"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def covered(self) -> str:
        """What was said, for whoever is not in charge of it: without the caller's own name and numbers."""
        return self.cover(self.content)

    def cover(self, text: str) -> str:
        """``text`` without the caller's name and without anybody's numbers."""
        return words.without_callers_marks(text, self.caller_name, self.caller_phone)

    @property
    def is_open(self) -> bool:
        """Whether somebody still has something to do with it."""
        return self.state in OPEN_STATES


OPEN_STATES = (Order.State.ACCEPTED, Order.State.HANDLING, Order.State.CALLING_BACK)


class OrderEvent(models.Model):
    """One thing that happened to an order (工单记录). Append-only; what is ``public`` the caller reads too."""

    order = models.ForeignKey(Order, models.PROTECT, verbose_name="工单", related_name="events")
    at = models.DateTimeField("时间")
    what = models.CharField("事项", max_length=40)
    note = models.TextField("说明", blank=True)
    by = models.ForeignKey("datacenter.User", models.PROTECT, verbose_name="经办人", null=True, blank=True,
                           related_name="+")  # fmt: skip
    by_name = models.CharField("经办", max_length=120)
    public = models.BooleanField("可公开", default=False)

    class Meta:
        db_table = "complaint_order_event"
        verbose_name = verbose_name_plural = "工单记录"
        ordering = ["order_id", "pk"]


class OrderFile(models.Model):
    """A picture that came with an order, or with a company's answer (工单附件): named by its SHA-256."""

    order = models.ForeignKey(Order, models.PROTECT, verbose_name="工单", related_name="files")
    request = models.ForeignKey("CompanyRequest", models.PROTECT, verbose_name="企业核实", null=True, blank=True,
                                related_name="files")  # fmt: skip
    name = models.CharField("文件名", max_length=120)
    content_type = models.CharField("类型", max_length=40)
    sha256 = models.CharField("SHA-256", max_length=64)
    size_bytes = models.PositiveIntegerField("大小")
    path = models.CharField("存放位置", max_length=160)
    at = models.DateTimeField("时间")

    class Meta:
        db_table = "complaint_order_file"
        verbose_name = verbose_name_plural = "工单附件"
        ordering = ["pk"]


class CallBack(models.Model):
    """One attempt to ask the caller how it went (回访). Append-only."""

    class Outcome(models.TextChoices):
        REACHED = "reached", "已接通"
        NO_ANSWER = "no_answer", "无人接听"
        REFUSED = "refused", "拒绝回访"
        WRONG_NUMBER = "wrong_number", "号码有误"

    order = models.ForeignKey(Order, models.PROTECT, verbose_name="工单", related_name="call_backs")
    attempt = models.PositiveSmallIntegerField("次数")
    round = models.PositiveSmallIntegerField("轮次", help_text="每次重办后重新计次")
    at = models.DateTimeField("时间")
    by = models.ForeignKey("datacenter.User", models.PROTECT, verbose_name="回访人", related_name="+")
    outcome = models.CharField("结果", max_length=12, choices=Outcome.choices)
    satisfaction = models.CharField("满意度", max_length=12, choices=Order.Satisfaction.choices, blank=True)
    reason = models.TextField("不满意原因", blank=True)
    note = models.TextField("说明", blank=True)

    class Meta:
        db_table = "complaint_call_back"
        verbose_name = verbose_name_plural = "回访"
        ordering = ["order_id", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["order", "round", "attempt"], name="complaint_call_back_once"),
            models.CheckConstraint(
                condition=Q(outcome="reached") & ~Q(satisfaction="") | ~Q(outcome="reached") & Q(satisfaction=""),
                name="complaint_call_back_said",
            ),
        ]


class CompanyRequest(models.Model):
    """What a company is asked about an order (企业核实), and its answer: all that the company ever sees of it.

    It names the matter, never who complained: what the company may read was put here when it was asked.
    """

    class State(models.TextChoices):
        ASKED = "asked", "待答复"
        ANSWERED = "answered", "已答复"
        WITHDRAWN = "withdrawn", "已撤回"

    order = models.ForeignKey(Order, models.PROTECT, verbose_name="工单", related_name="requests")
    number = models.CharField("工单号", max_length=20)
    company = models.ForeignKey("datacenter.Company", models.PROTECT, verbose_name="企业", related_name="+")
    company_name = models.CharField("企业名称", max_length=80)
    county = models.ForeignKey("datacenter.County", models.PROTECT, verbose_name="县区", related_name="+")
    subject = models.CharField("事由", max_length=60)
    plate = models.CharField("车牌号", max_length=10, blank=True)
    line = models.CharField("线路", max_length=40, blank=True)
    place = models.CharField("地点", max_length=120, blank=True)
    occurred_at = models.DateTimeField("发生时间", null=True, blank=True)
    question = models.TextField("需核实的情况")
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.ASKED)
    asked_at = models.DateTimeField("要求时间")
    asked_by = models.ForeignKey("datacenter.User", models.PROTECT, verbose_name="要求人", related_name="+")
    due_at = models.DateTimeField("答复期限")
    answer = models.TextField("企业答复", blank=True)
    answered_at = models.DateTimeField("答复时间", null=True, blank=True)
    answered_by = models.ForeignKey("datacenter.User", models.PROTECT, verbose_name="答复人", null=True, blank=True,
                                    related_name="+")  # fmt: skip

    class Meta:
        db_table = "complaint_company_request"
        verbose_name = verbose_name_plural = "企业核实"
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "company"], condition=Q(state="asked"), name="complaint_company_request_once"
            )
        ]
        indexes = [models.Index(fields=["company", "-asked_at"], name="complaint_request_company")]

    def __str__(self) -> str:
        return f"{self.number} · {self.company_name}"


class QualityCheck(models.Model):
    """A second look at a finished order (质量抽检): was it logged, handed on and called back well? Append-only."""

    class Fault(models.TextChoices):
        CATEGORY = "category", "类别不准"
        CONTENT = "content", "内容不全"
        HANDED = "handed", "转办不当"
        ANSWER = "answer", "答复不实"
        CALL_BACK = "call_back", "回访不实"
        MANNER = "manner", "用语不当"

    order = models.OneToOneField(Order, models.PROTECT, verbose_name="工单", related_name="quality_check")
    at = models.DateTimeField("时间")
    by = models.ForeignKey("datacenter.User", models.PROTECT, verbose_name="抽检人", related_name="+")
    faults = models.JSONField("问题", default=list, blank=True)
    note = models.TextField("说明", blank=True)

    class Meta:
        db_table = "complaint_quality_check"
        verbose_name = verbose_name_plural = "质量抽检"
        ordering = ["-at", "-pk"]

    @property
    def fault_words(self) -> str:
        """What was found, in words."""
        return "、".join(str(self.Fault(fault).label) for fault in self.faults) or "合格"


class HotlineSetting(models.Model):
    """One figure of the hotline (热线参数): how often a caller is tried, how long a company has, and the like."""

    code = models.CharField("代码", max_length=30, primary_key=True)
    title = models.CharField("名称", max_length=60)
    value = models.PositiveIntegerField("值")
    unit = models.CharField("单位", max_length=10, blank=True)
    source = models.CharField("依据", max_length=200)
    source_verified = models.BooleanField("依据已核实", default=False)

    class Meta:
        db_table = "complaint_setting"
        verbose_name = verbose_name_plural = "热线参数"
        ordering = ["code"]

    def __str__(self) -> str:
        return self.title


class Client(models.Model):
    """A platform that hands orders in (接入平台): the 12345 hotline, the bureau's WeChat account.

    Its key is shown once when it is made; only the SHA-256 is kept.
    """

    name = models.CharField("名称", max_length=60, unique=True)
    channel = models.CharField("渠道", max_length=12, choices=Order.Channel.choices)
    key_sha256 = models.CharField("密钥 SHA-256", max_length=64, unique=True)
    in_force = models.BooleanField("启用", default=True)
    created_at = models.DateTimeField("建立时间", auto_now_add=True)

    class Meta:
        db_table = "complaint_client"
        verbose_name = verbose_name_plural = "接入平台"

    def __str__(self) -> str:
        return self.name
