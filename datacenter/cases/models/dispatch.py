"""Where a case was sent (派送), the extensions asked for (延期) and the pressure put on it (督办)."""

from django.db import models
from django.db.models import Q

from datacenter.cases.models.case import Case
from datacenter.cases.models.clock import Clock
from datacenter.cases.states import LEG_STATES, State


class Dispatch(models.Model):
    """One leg of a case (派送): the body it was sent to, its own clock, state and result.

    A case has one leg, or two at once (双重派送): the county's, which leads (主办), and an enforcement team's beside it
    (协办). A leg that was taken back (改派, 退件, 重办) keeps its row, with ``ended_at`` set.
    """

    class Part(models.TextChoices):
        LEAD = "lead", "主办"
        JOINT = "joint", "协办"

    case = models.ForeignKey(Case, verbose_name="案件", on_delete=models.PROTECT, related_name="legs")
    part = models.CharField("分工", max_length=6, choices=Part.choices, default=Part.LEAD)
    county = models.ForeignKey(
        "datacenter.County", verbose_name="县区", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    unit = models.ForeignKey(
        "datacenter.Unit", verbose_name="执法队", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    state = models.CharField("状态", max_length=12, choices=[(state.value, state.label) for state in LEG_STATES],
                             default=State.DISPATCHED)  # fmt: skip
    sent_at = models.DateTimeField("派发时间")
    due_at = models.DateTimeField("期限", null=True, blank=True)
    amber_at = models.DateTimeField("预警时间", null=True, blank=True)
    due_provisional = models.BooleanField("期限暂定", default=False)
    accepted_at = models.DateTimeField("签收时间", null=True, blank=True)
    assignee = models.ForeignKey(
        "datacenter.User", verbose_name="承办人", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    fed_back_at = models.DateTimeField("反馈时间", null=True, blank=True)
    result = models.TextField("办理结果", blank=True)
    outcome = models.CharField("查证结论", max_length=16, choices=Case.Outcome.choices, blank=True)
    returned_times = models.PositiveSmallIntegerField("退回次数", default=0)
    warned_at = models.DateTimeField("预警告知时间", null=True, blank=True)
    urged_at = models.DateTimeField("最近催办时间", null=True, blank=True)
    urged_times = models.PositiveSmallIntegerField("催办次数", default=0)
    # A clock that stands still (中止计时): since when, what was left to the deadline and to amber, in which hours.
    paused_at = models.DateTimeField("中止计时", null=True, blank=True)
    paused_left_s = models.PositiveIntegerField("剩余 秒", null=True, blank=True)
    paused_amber_s = models.PositiveIntegerField("距预警 秒", null=True, blank=True)
    paused_clock = models.CharField(
        "剩余按", max_length=8, choices=Clock.choices, blank=True, default="", db_default=""
    )  # fmt: skip
    late_reason = models.TextField("逾期原因", blank=True)
    ended_at = models.DateTimeField("终止时间", null=True, blank=True)

    class Meta:
        db_table = "case_dispatch"
        verbose_name = verbose_name_plural = "派送"
        ordering = ["case_id", "sent_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["case", "part"], condition=Q(ended_at=None), name="case_dispatch_live"),
            models.CheckConstraint(
                condition=Q(part="lead", county__isnull=False) | Q(part="joint", unit__isnull=False),
                name="case_dispatch_body",
            ),
        ]
        indexes = [
            models.Index(fields=["county", "-sent_at"], name="case_dispatch_county"),
            models.Index(fields=["unit", "state"], condition=Q(part="joint", ended_at=None), name="case_dispatch_unit"),
            models.Index(
                fields=["due_at"],
                condition=Q(ended_at=None) & ~Q(state=State.FED_BACK),
                name="case_dispatch_due",
            ),
        ]

    @property
    def body_name(self) -> str:
        """The county or the enforcement team, by name."""
        return str(self.unit if self.part == self.Part.JOINT else self.county)


class Extension(models.Model):
    """More time asked for one leg (延期申请), and what the city said."""

    class State(models.TextChoices):
        ASKED = "asked", "待批"
        GRANTED = "granted", "同意"
        REFUSED = "refused", "不同意"
        WITHDRAWN = "withdrawn", "作废"

    leg = models.ForeignKey(Dispatch, verbose_name="派送", on_delete=models.PROTECT, related_name="extensions")
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.ASKED)
    until = models.DateTimeField("延至")
    reason = models.TextField("理由")
    asked_at = models.DateTimeField("申请时间")
    asked_by = models.ForeignKey("datacenter.User", models.PROTECT, verbose_name="申请人", related_name="+")
    decided_at = models.DateTimeField("审批时间", null=True, blank=True)
    decided_by = models.ForeignKey(
        "datacenter.User", models.PROTECT, verbose_name="审批人", null=True, blank=True, related_name="+"
    )
    note = models.TextField("审批意见", blank=True)

    class Meta:
        db_table = "case_extension"
        verbose_name = verbose_name_plural = "延期申请"
        ordering = ["asked_at"]
        constraints = [models.UniqueConstraint(fields=["leg"], condition=Q(state="asked"), name="case_extension_once")]


class Supervision(models.Model):
    """A leader's pressure on a case (督办): its level, the answer, and the review of that answer (督办审查)."""

    class Level(models.IntegerChoices):
        FIRST = 1, "一级"
        SECOND = 2, "二级"
        THIRD = 3, "三级"

    class State(models.TextChoices):
        OPEN = "open", "待回复"
        ANSWERED = "answered", "待审查"
        ACCEPTED = "accepted", "审查通过"
        ESCALATED = "escalated", "已升级"

    class Cause(models.TextChoices):
        LATE = "late", "逾期"
        KEY = "key", "重点案件"
        BY_HAND = "by_hand", "人工督办"
        ESCALATED = "escalated", "上级督办"

    case = models.ForeignKey(Case, verbose_name="案件", on_delete=models.PROTECT, related_name="supervisions")
    level = models.PositiveSmallIntegerField("级别", choices=Level.choices)
    cause = models.CharField("原因", max_length=10, choices=Cause.choices)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.OPEN)
    leader = models.ForeignKey(
        "datacenter.User", models.PROTECT, verbose_name="督办领导", null=True, blank=True, related_name="+"
    )
    reason = models.TextField("督办要求")
    opened_at = models.DateTimeField("督办时间")
    opened_by = models.ForeignKey(
        "datacenter.User", models.PROTECT, verbose_name="督办人", null=True, blank=True, related_name="+"
    )
    answer_due_at = models.DateTimeField("回复期限")
    answer = models.TextField("回复", blank=True)
    answered_at = models.DateTimeField("回复时间", null=True, blank=True)
    answered_by = models.ForeignKey(
        "datacenter.User", models.PROTECT, verbose_name="回复人", null=True, blank=True, related_name="+"
    )
    sent_back_times = models.PositiveSmallIntegerField("审查退回次数", default=0)
    review_note = models.TextField("审查意见", blank=True)
    reviewed_at = models.DateTimeField("审查时间", null=True, blank=True)
    reviewed_by = models.ForeignKey(
        "datacenter.User", models.PROTECT, verbose_name="审查人", null=True, blank=True, related_name="+"
    )
    follows = models.OneToOneField(
        "self", models.PROTECT, verbose_name="由其升级", null=True, blank=True, related_name="followed_by"
    )

    class Meta:
        db_table = "supervision"
        verbose_name = verbose_name_plural = "督办"
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(state__in=["open", "answered"]), name="supervision_one_open"
            )
        ]
        indexes = [
            models.Index(fields=["answer_due_at"], condition=Q(state__in=["open", "answered"]), name="supervision_due")
        ]
