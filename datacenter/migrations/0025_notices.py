"""Notices: what officers are told, how it goes out, what they want sent; with their walls."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

# A notice belongs where its recipient stood when it was written; what an officer wants sent, where the officer stands.
_RULES = {
    "notice": "scope_allows(county_id, company_id, NULL)",
    "notice_delivery": "EXISTS (SELECT 1 FROM notice p WHERE p.id = notice_delivery.notice_id)",
    "notice_pending": "scope_allows(county_id, company_id, NULL)",
    **{
        table: (
            f"EXISTS (SELECT 1 FROM account p LEFT JOIN unit u ON u.id = p.unit_id WHERE p.id = {table}.user_id"
            " AND scope_allows(u.county_id, CASE WHEN u.kind = 'company' THEN u.id END, NULL))"
        )
        for table in ("notice_preference", "quiet_hours")
    },
}
WALLS = "\n".join(
    f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;\n"
    f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY;\n"
    f"CREATE POLICY scope ON {table} USING ({rule}) WITH CHECK ({rule});"
    for table, rule in _RULES.items()
)


class Migration(migrations.Migration):
    dependencies = [
        ("datacenter", "0024_the_whole_loop"),
    ]

    operations = [
        migrations.CreateModel(
            name="PendingMatter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("audience", models.CharField(max_length=60, verbose_name="告知对象")),
                ("key", models.CharField(max_length=120, verbose_name="事项标识")),
                ("topic", models.CharField(max_length=40, verbose_name="主题")),
                ("title", models.CharField(max_length=160, verbose_name="标题")),
                ("link", models.CharField(max_length=200, verbose_name="链接")),
                ("county_id", models.CharField(max_length=6, null=True, verbose_name="事项县区")),
                ("company_id", models.BigIntegerField(null=True, verbose_name="事项企业")),
                ("by_id", models.BigIntegerField(null=True, verbose_name="经办人")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="时间")),
            ],
            options={
                "verbose_name": "待汇总事项",
                "verbose_name_plural": "待汇总事项",
                "db_table": "notice_pending",
            },
        ),
        migrations.CreateModel(
            name="QuietHours",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="用户",
                    ),
                ),
                ("begins", models.TimeField(verbose_name="开始")),
                ("ends", models.TimeField(verbose_name="结束")),
                ("enabled", models.BooleanField(default=True, verbose_name="启用")),
            ],
            options={
                "verbose_name": "免打扰时段",
                "verbose_name_plural": "免打扰时段",
                "db_table": "quiet_hours",
            },
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("county_id", models.CharField(max_length=6, null=True, verbose_name="收件人县区")),
                ("company_id", models.BigIntegerField(null=True, verbose_name="收件人企业")),
                ("topic", models.CharField(max_length=40, verbose_name="主题")),
                ("title", models.CharField(max_length=160, verbose_name="标题")),
                ("body", models.CharField(blank=True, max_length=600, verbose_name="内容")),
                ("link", models.CharField(max_length=200, verbose_name="链接")),
                ("key", models.CharField(max_length=120, verbose_name="事项标识")),
                ("count", models.PositiveIntegerField(default=1, verbose_name="件数")),
                ("urgent", models.BooleanField(default=False, verbose_name="紧急")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="时间")),
                ("last_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="最近时间")),
                ("read_at", models.DateTimeField(null=True, verbose_name="阅读时间")),
                (
                    "recipient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notices",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="收件人",
                    ),
                ),
            ],
            options={
                "verbose_name": "通知",
                "verbose_name_plural": "通知",
                "db_table": "notice",
                "ordering": ["-last_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "channel",
                    models.CharField(
                        choices=[("email", "邮件"), ("webhook", "Webhook")], max_length=8, verbose_name="渠道"
                    ),
                ),
                ("key", models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name="幂等标识")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "待发送"),
                            ("sending", "发送中"),
                            ("sent", "已发送"),
                            ("failed", "失败待重试"),
                            ("given_up", "放弃"),
                            ("cancelled", "不再发送"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="尝试次数")),
                ("next_at", models.DateTimeField(verbose_name="下次发送时间")),
                ("started_at", models.DateTimeField(null=True, verbose_name="开始发送时间")),
                ("sent_at", models.DateTimeField(null=True, verbose_name="发送时间")),
                ("last_error", models.CharField(blank=True, max_length=200, verbose_name="最近错误")),
                (
                    "notice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="datacenter.notice",
                        verbose_name="通知",
                    ),
                ),
            ],
            options={
                "verbose_name": "通知发送",
                "verbose_name_plural": "通知发送",
                "db_table": "notice_delivery",
                "ordering": ["next_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Preference",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("topic", models.CharField(max_length=40, verbose_name="主题")),
                ("email", models.BooleanField(verbose_name="邮件")),
                ("webhook", models.BooleanField(verbose_name="Webhook")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="用户",
                    ),
                ),
            ],
            options={
                "verbose_name": "通知偏好",
                "verbose_name_plural": "通知偏好",
                "db_table": "notice_preference",
            },
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(fields=["recipient", "-last_at", "-id"], name="notice_of_recipient"),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(
                condition=models.Q(("read_at", None)), fields=["recipient", "topic"], name="notice_unread"
            ),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(fields=["created_at"], name="notice_age"),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.UniqueConstraint(fields=("recipient", "key"), name="notice_once"),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state__in", ("waiting", "failed"))),
                fields=["channel", "next_at", "id"],
                name="notice_delivery_due",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state", "sending")), fields=["started_at"], name="notice_delivery_sending"
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(fields=("notice", "channel"), name="notice_delivery_once"),
        ),
        migrations.AddConstraint(
            model_name="preference",
            constraint=models.UniqueConstraint(fields=("user", "topic"), name="notice_preference_once"),
        ),
        migrations.RunSQL(WALLS, migrations.RunSQL.noop),
    ]
