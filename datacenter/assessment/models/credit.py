"""Credit (交通征信): grades and how they come about, the lists, repair, and certificates that anybody can check."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from datacenter.assessment.models.subjects import Kind, OfSubject


class CreditRule(models.Model):
    """One line of how a credit grade comes about (信用等级规则), for one kind of subject and trade.

    ``base`` is where it begins, ``months`` weighs the monthly assessment in, ``deduct`` takes points for each thing on
    record, ``grade`` says from which score a grade holds, ``valid`` for how many months. An empty trade means all
    others.
    """

    class Part(models.TextChoices):
        BASE = "base", "基础分"
        MONTHS = "months", "月度考核折算"
        DEDUCT = "deduct", "扣分"
        GRADE = "grade", "等级下限"
        VALID = "valid", "有效期（月）"

    kind = models.CharField("对象类别", max_length=12, choices=Kind.choices)
    trade = models.CharField("行业或经营类别", max_length=12, blank=True, default="")
    part = models.CharField("项目", max_length=8, choices=Part.choices)
    code = models.CharField("等级或来源", max_length=20, blank=True, default="")
    value = models.FloatField("值")
    source = models.CharField("依据", max_length=300)
    source_verified = models.BooleanField("依据已核实", default=False)
    changed_at = models.DateTimeField("修改时间", auto_now=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="修改人", null=True, blank=True, related_name="+"
    )

    class Meta:
        db_table = "credit_rule"
        verbose_name = verbose_name_plural = "信用等级规则"
        ordering = ["kind", "trade", "part", "-value"]
        constraints = [models.UniqueConstraint(fields=["kind", "trade", "part", "code"], name="credit_rule_once")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.get_part_display()} {self.code}".strip()


class CreditGrade(OfSubject):
    """The grade of one subject from one day on (信用等级), with how it was counted. Append-only.

    The newest counts; ``parts`` are the lines that made the score, ``verified`` whether every rule in it was.
    """

    class Grade(models.TextChoices):
        AAA = "AAA", "AAA"
        AA = "AA", "AA"
        A = "A", "A"
        B = "B", "B"

    grade = models.CharField("等级", max_length=3, choices=Grade.choices)
    score = models.FloatField("得分")
    parts = models.JSONField("计算过程", default=list)
    absent = models.JSONField("缺少的来源", default=list)
    verified = models.BooleanField("规则已核实", default=False)
    assessed_on = models.DateField("评定日期")
    valid_until = models.DateField("有效期止")
    authority = models.CharField("认定机关", max_length=80)
    at = models.DateTimeField("记入时间", default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="评定人", related_name="+")
    repair_note = models.CharField("修复说明", max_length=300, blank=True)

    class Meta:
        db_table = "credit_grade"
        verbose_name = verbose_name_plural = "信用等级"
        ordering = ["-assessed_on", "-pk"]
        indexes = [
            models.Index(fields=["kind", "subject", "-id"], name="credit_grade_subject"),
            models.Index(fields=["kind", "-assessed_on", "grade"], name="credit_grade_day"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(valid_until__gte=F("assessed_on")), name="credit_grade_days_in_order")
        ]


class CreditListing(OfSubject):
    """One entry of the red or the black list (红黑名单)."""

    class Colour(models.TextChoices):
        RED = "red", "红名单"
        BLACK = "black", "黑名单"

    class End(models.TextChoices):
        EXPIRED = "expired", "到期"
        REPAIRED = "repaired", "信用修复"
        WITHDRAWN = "withdrawn", "撤销"

    colour = models.CharField("名单", max_length=6, choices=Colour.choices)
    cause = models.CharField("列入事由", max_length=200)
    source = models.CharField("依据", max_length=300)
    source_verified = models.BooleanField("依据已核实", default=False)
    authority = models.CharField("认定机关", max_length=80)
    listed_on = models.DateField("列入日期")
    valid_until = models.DateField("有效期止")
    entered_at = models.DateTimeField("记入时间", default=timezone.now)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="记入人", related_name="+")
    ended_on = models.DateField("移出日期", null=True, blank=True)
    end = models.CharField("移出方式", max_length=10, choices=End.choices, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="移出人", null=True, blank=True, related_name="+"
    )
    end_note = models.CharField("移出理由", max_length=300, blank=True)

    class Meta:
        db_table = "credit_listing"
        verbose_name = verbose_name_plural = "红黑名单"
        ordering = ["-listed_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject", "colour"], condition=Q(ended_on__isnull=True), name="credit_listing_once"
            )
        ]


class CreditRepair(OfSubject):
    """Somebody asks to be taken off the black list or graded anew (信用修复), and what the city said."""

    class State(models.TextChoices):
        ASKED = "asked", "待审核"
        GRANTED = "granted", "同意修复"
        REFUSED = "refused", "不予修复"

    listing = models.ForeignKey(
        CreditListing, models.PROTECT, verbose_name="名单", null=True, blank=True, related_name="repairs"
    )
    grade = models.ForeignKey(
        CreditGrade, models.PROTECT, verbose_name="等级", null=True, blank=True, related_name="repairs"
    )
    state = models.CharField("状态", max_length=8, choices=State.choices, default=State.ASKED)
    reason = models.CharField("整改情况", max_length=1000)
    asked_at = models.DateTimeField("申请时间", default=timezone.now)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="申请人", related_name="+")
    note = models.CharField("审核意见", max_length=500, blank=True)
    decided_at = models.DateTimeField("审核时间", null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="审核人", null=True, blank=True, related_name="+"
    )

    class Meta:
        db_table = "credit_repair"
        verbose_name = verbose_name_plural = "信用修复"
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(listing__isnull=False, grade__isnull=True) | Q(listing__isnull=True, grade__isnull=False),
                name="credit_repair_of_one",
            ),
            models.UniqueConstraint(fields=["listing"], condition=Q(state="asked"), name="credit_repair_listing_once"),
            models.UniqueConstraint(fields=["grade"], condition=Q(state="asked"), name="credit_repair_grade_once"),
        ]


class CreditCertificate(OfSubject):
    """A certificate of standing (信用证明): ``content`` is all that it says, and all that the public page shows."""

    number = models.CharField("证明编号", max_length=20, unique=True)
    code = models.CharField("验证码", max_length=16, unique=True)
    content = models.JSONField("内容")
    issued_at = models.DateTimeField("出具时间")
    valid_until = models.DateField("有效期止")
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="出具人", related_name="+")
    revoked_at = models.DateTimeField("撤销时间", null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="撤销人", null=True, blank=True, related_name="+"
    )
    revoke_note = models.CharField("撤销理由", max_length=300, blank=True)

    class Meta:
        db_table = "credit_certificate"
        verbose_name = verbose_name_plural = "信用证明"
        ordering = ["-issued_at", "-pk"]
        indexes = [models.Index(fields=["kind", "subject"], name="credit_certificate_subject")]

    def __str__(self) -> str:
        return self.number
