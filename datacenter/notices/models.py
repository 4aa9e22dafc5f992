"""What notices keep (通知): one row for each recipient and matter, how it goes out, and how its reader wants that.

A notice carries the scope its recipient had when it was written: an officer who moves to another county leaves the old
county's notices behind.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from datacenter.notices.topics import title_of


class Notice(models.Model):
    """What one officer is told of one matter (通知). ``count`` is above one where many are gathered."""

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="收件人", on_delete=models.PROTECT, related_name="notices"
    )
    county_id = models.CharField("收件人县区", max_length=6, null=True)
    company_id = models.BigIntegerField("收件人企业", null=True)
    topic = models.CharField("主题", max_length=40)
    title = models.CharField("标题", max_length=160)
    body = models.CharField("内容", max_length=600, blank=True)
    link = models.CharField("链接", max_length=200)
    key = models.CharField("事项标识", max_length=120)
    count = models.PositiveIntegerField("件数", default=1)
    urgent = models.BooleanField("紧急", default=False)
    created_at = models.DateTimeField("时间", default=timezone.now)
    last_at = models.DateTimeField("最近时间", default=timezone.now)
    read_at = models.DateTimeField("阅读时间", null=True)

    class Meta:
        db_table = "notice"
        verbose_name = verbose_name_plural = "通知"
        ordering = ["-last_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["recipient", "key"], name="notice_once")]
        indexes = [
            models.Index(fields=["recipient", "-last_at", "-id"], name="notice_of_recipient"),
            models.Index(fields=["recipient", "topic"], condition=Q(read_at=None), name="notice_unread"),
            models.Index(fields=["created_at"], name="notice_age"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def topic_title(self) -> str:
        """The topic in words."""
        return title_of(self.topic)


class Channel(models.TextChoices):
    """How a notice leaves the house (发送渠道); the page itself is always told."""

    EMAIL = "email", "邮件"
    WEBHOOK = "webhook", "Webhook"


class Delivery(models.Model):
    """One notice by one channel (通知发送).

    ``key`` goes along as idempotency key and message id: however often it is tried, the receiver can tell that it is
    the same. Whoever sends has first written ``SENDING`` down and committed it.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "待发送"
        SENDING = "sending", "发送中"
        SENT = "sent", "已发送"
        FAILED = "failed", "失败待重试"
        GIVEN_UP = "given_up", "放弃"
        CANCELLED = "cancelled", "不再发送"

    notice = models.ForeignKey(Notice, verbose_name="通知", on_delete=models.CASCADE, related_name="deliveries")
    channel = models.CharField("渠道", max_length=8, choices=Channel.choices)
    key = models.UUIDField("幂等标识", default=uuid.uuid4, unique=True, editable=False)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField("尝试次数", default=0)
    next_at = models.DateTimeField("下次发送时间")
    started_at = models.DateTimeField("开始发送时间", null=True)
    sent_at = models.DateTimeField("发送时间", null=True)
    last_error = models.CharField("最近错误", max_length=200, blank=True)

    class Meta:
        db_table = "notice_delivery"
        verbose_name = verbose_name_plural = "通知发送"
        ordering = ["next_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["notice", "channel"], name="notice_delivery_once")]
        indexes = [
            models.Index(
                fields=["channel", "next_at", "id"],
                condition=Q(state__in=("waiting", "failed")),
                name="notice_delivery_due",
            ),
            models.Index(fields=["started_at"], condition=Q(state="sending"), name="notice_delivery_sending"),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.get_state_display()}"


class Preference(models.Model):
    """Whether one officer wants one topic by e-mail and webhook (通知偏好); without a row the topic's own default."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name="用户", on_delete=models.PROTECT, related_name="+")
    topic = models.CharField("主题", max_length=40)
    email = models.BooleanField("邮件")
    webhook = models.BooleanField("Webhook")

    class Meta:
        db_table = "notice_preference"
        verbose_name = verbose_name_plural = "通知偏好"
        constraints = [models.UniqueConstraint(fields=["user", "topic"], name="notice_preference_once")]


class QuietHours(models.Model):
    """When one officer is left alone (免打扰时段), Beijing time; ``begins`` after ``ends`` goes over midnight."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, verbose_name="用户", on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    begins = models.TimeField("开始")
    ends = models.TimeField("结束")
    enabled = models.BooleanField("启用", default=True)

    class Meta:
        db_table = "quiet_hours"
        verbose_name = verbose_name_plural = "免打扰时段"


class PendingMatter(models.Model):
    """One matter that waits to be gathered (待汇总事项): written with what it tells of, gone once it is told.

    Adding a row waits for nobody, where counting up one notice would make every transaction wait for every other.
    """

    audience = models.CharField("告知对象", max_length=60)
    key = models.CharField("事项标识", max_length=120)
    topic = models.CharField("主题", max_length=40)
    title = models.CharField("标题", max_length=160)
    link = models.CharField("链接", max_length=200)
    county_id = models.CharField("事项县区", max_length=6, null=True)
    company_id = models.BigIntegerField("事项企业", null=True)
    by_id = models.BigIntegerField("经办人", null=True)
    created_at = models.DateTimeField("时间", default=timezone.now)

    class Meta:
        db_table = "notice_pending"
        verbose_name = verbose_name_plural = "待汇总事项"
