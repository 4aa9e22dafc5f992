import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0002_walls"),
        ("datacenter", "0032_paused_clock"),
    ]

    operations = [
        migrations.CreateModel(
            name="Client",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, unique=True, verbose_name="名称")),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("phone", "电话"),
                            ("web", "网站"),
                            ("wechat", "微信"),
                            ("letter", "来信"),
                            ("forwarded", "12345 转办"),
                            ("visit", "来访"),
                        ],
                        max_length=12,
                        verbose_name="渠道",
                    ),
                ),
                ("key_sha256", models.CharField(max_length=64, unique=True, verbose_name="密钥 SHA-256")),
                ("in_force", models.BooleanField(default=True, verbose_name="启用")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="建立时间")),
            ],
            options={
                "verbose_name": "接入平台",
                "verbose_name_plural": "接入平台",
                "db_table": "complaint_client",
            },
        ),
        migrations.CreateModel(
            name="HotlineSetting",
            fields=[
                ("code", models.CharField(max_length=30, primary_key=True, serialize=False, verbose_name="代码")),
                ("title", models.CharField(max_length=60, verbose_name="名称")),
                ("value", models.PositiveIntegerField(verbose_name="值")),
                ("unit", models.CharField(blank=True, max_length=10, verbose_name="单位")),
                ("source", models.CharField(max_length=200, verbose_name="依据")),
                ("source_verified", models.BooleanField(default=False, verbose_name="依据已核实")),
            ],
            options={
                "verbose_name": "热线参数",
                "verbose_name_plural": "热线参数",
                "db_table": "complaint_setting",
                "ordering": ["code"],
            },
        ),
        migrations.AddField(
            model_name="order",
            name="call_back_waived",
            field=models.TextField(blank=True, default="", verbose_name="免回访原因"),
        ),
        migrations.AddField(
            model_name="order",
            name="company_name",
            field=models.CharField(blank=True, default="", max_length=80, verbose_name="被诉企业"),
        ),
        migrations.AddField(
            model_name="order",
            name="dissatisfied_with",
            field=models.TextField(blank=True, default="", verbose_name="不满意原因"),
        ),
        migrations.AddField(
            model_name="order",
            name="driver_name",
            field=models.CharField(blank=True, default="", max_length=40, verbose_name="被诉驾驶员"),
        ),
        migrations.AddField(
            model_name="order",
            name="plates_said",
            field=models.CharField(
                blank=True, default="", help_text="来话人说的原话", max_length=120, verbose_name="所述车牌"
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="refused_ground",
            field=models.CharField(
                blank=True,
                choices=[
                    ("competence", "不属于交通运输主管部门职权范围"),
                    ("unclear", "无明确的对象、事实和理由"),
                    ("elsewhere", "已由法院或仲裁机构受理"),
                ],
                default="",
                max_length=12,
                verbose_name="不予受理原因",
            ),
        ),
        migrations.CreateModel(
            name="CompanyRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=20, verbose_name="工单号")),
                ("company_name", models.CharField(max_length=80, verbose_name="企业名称")),
                ("subject", models.CharField(max_length=60, verbose_name="事由")),
                ("plate", models.CharField(blank=True, max_length=10, verbose_name="车牌号")),
                ("line", models.CharField(blank=True, max_length=40, verbose_name="线路")),
                ("place", models.CharField(blank=True, max_length=120, verbose_name="地点")),
                ("occurred_at", models.DateTimeField(blank=True, null=True, verbose_name="发生时间")),
                ("question", models.TextField(verbose_name="需核实的情况")),
                (
                    "state",
                    models.CharField(
                        choices=[("asked", "待答复"), ("answered", "已答复"), ("withdrawn", "已撤回")],
                        default="asked",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("asked_at", models.DateTimeField(verbose_name="要求时间")),
                ("due_at", models.DateTimeField(verbose_name="答复期限")),
                ("answer", models.TextField(blank=True, verbose_name="企业答复")),
                ("answered_at", models.DateTimeField(blank=True, null=True, verbose_name="答复时间")),
                (
                    "answered_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="答复人",
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="要求人",
                    ),
                ),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.company",
                        verbose_name="企业",
                    ),
                ),
                (
                    "county",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.county",
                        verbose_name="县区",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="requests",
                        to="complaints.order",
                        verbose_name="工单",
                    ),
                ),
            ],
            options={
                "verbose_name": "企业核实",
                "verbose_name_plural": "企业核实",
                "db_table": "complaint_company_request",
                "ordering": ["-asked_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="OrderEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(verbose_name="时间")),
                ("what", models.CharField(max_length=40, verbose_name="事项")),
                ("note", models.TextField(blank=True, verbose_name="说明")),
                ("by_name", models.CharField(max_length=120, verbose_name="经办")),
                ("public", models.BooleanField(default=False, verbose_name="可公开")),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="经办人",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="complaints.order",
                        verbose_name="工单",
                    ),
                ),
            ],
            options={
                "verbose_name": "工单记录",
                "verbose_name_plural": "工单记录",
                "db_table": "complaint_order_event",
                "ordering": ["order_id", "pk"],
            },
        ),
        migrations.CreateModel(
            name="OrderFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, verbose_name="文件名")),
                ("content_type", models.CharField(max_length=40, verbose_name="类型")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("size_bytes", models.PositiveIntegerField(verbose_name="大小")),
                ("path", models.CharField(max_length=160, verbose_name="存放位置")),
                ("at", models.DateTimeField(verbose_name="时间")),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="files",
                        to="complaints.order",
                        verbose_name="工单",
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="files",
                        to="complaints.companyrequest",
                        verbose_name="企业核实",
                    ),
                ),
            ],
            options={
                "verbose_name": "工单附件",
                "verbose_name_plural": "工单附件",
                "db_table": "complaint_order_file",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="CallBack",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("attempt", models.PositiveSmallIntegerField(verbose_name="次数")),
                ("round", models.PositiveSmallIntegerField(help_text="每次重办后重新计次", verbose_name="轮次")),
                ("at", models.DateTimeField(verbose_name="时间")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("reached", "已接通"),
                            ("no_answer", "无人接听"),
                            ("refused", "拒绝回访"),
                            ("wrong_number", "号码有误"),
                        ],
                        max_length=12,
                        verbose_name="结果",
                    ),
                ),
                (
                    "satisfaction",
                    models.CharField(
                        blank=True,
                        choices=[("satisfied", "满意"), ("fair", "基本满意"), ("unsatisfied", "不满意")],
                        max_length=12,
                        verbose_name="满意度",
                    ),
                ),
                ("reason", models.TextField(blank=True, verbose_name="不满意原因")),
                ("note", models.TextField(blank=True, verbose_name="说明")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="回访人",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="call_backs",
                        to="complaints.order",
                        verbose_name="工单",
                    ),
                ),
            ],
            options={
                "verbose_name": "回访",
                "verbose_name_plural": "回访",
                "db_table": "complaint_call_back",
                "ordering": ["order_id", "pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("order", "round", "attempt"), name="complaint_call_back_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("outcome", "reached"), models.Q(("satisfaction", ""), _negated=True)),
                            models.Q(models.Q(("outcome", "reached"), _negated=True), ("satisfaction", "")),
                            _connector="OR",
                        ),
                        name="complaint_call_back_said",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="companyrequest",
            index=models.Index(fields=["company", "-asked_at"], name="complaint_request_company"),
        ),
        migrations.AddConstraint(
            model_name="companyrequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "asked")),
                fields=("order", "company"),
                name="complaint_company_request_once",
            ),
        ),
    ]
