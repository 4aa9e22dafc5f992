"""Instructions and campaigns: the paper, each county's task, items, steps and files; with their walls."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# A county sees its own task; of the instruction what is for all. A step about the city's own list stays the city's.
_CITY = "current_setting('app.scope', true) = 'city'"
_OWN = "EXISTS (SELECT 1 FROM instruction_task t WHERE t.id = {table}.task_id)"
_PAPER = "EXISTS (SELECT 1 FROM instruction p WHERE p.id = {table}.instruction_id)"
_RULES = {
    "instruction_task": "(scope_allows(county_id, NULL, NULL))",
    "instruction": f"({_CITY} OR EXISTS (SELECT 1 FROM instruction_task t WHERE t.instruction_id = instruction.id))",
    "instruction_item": f"({_CITY} OR {_OWN})",
    "instruction_event": f"({_CITY} OR {_OWN} OR (task_id IS NULL AND NOT city_only AND {_PAPER}))",
    "instruction_file": f"({_CITY} OR {_OWN} OR (task_id IS NULL AND {_PAPER}))",
}
WALLS = "\n".join(
    "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;\n"
    "ALTER TABLE {table} FORCE ROW LEVEL SECURITY;\n"
    "CREATE POLICY scope ON {table} USING ({rule}) WITH CHECK ({rule});".format(
        table=table, rule=rule.format(table=table)
    )
    for table, rule in _RULES.items()
)
APPEND_ONLY = "\n".join(
    f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
    "FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();"
    for table in ("instruction_event", "instruction_file")
)


class Migration(migrations.Migration):
    dependencies = [
        ("datacenter", "0025_notices"),
    ]

    operations = [
        migrations.CreateModel(
            name="Instruction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=80, verbose_name="标题")),
                ("document_no", models.CharField(blank=True, max_length=40, verbose_name="文号")),
                ("text", models.TextField(verbose_name="内容")),
                (
                    "kind",
                    models.CharField(
                        choices=[("instruction", "指令"), ("campaign", "专项整治")], max_length=12, verbose_name="类型"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "进行中"), ("closed", "已结束"), ("withdrawn", "已撤回")],
                        default="open",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("due_at", models.DateTimeField(verbose_name="反馈期限")),
                (
                    "finding_kinds",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="规则代码；专项开始后清单内车辆的这些疑似违规计入进度",
                        verbose_name="整治事由",
                    ),
                ),
                ("selection", models.CharField(blank=True, max_length=300, verbose_name="清单来源")),
                ("sent_at", models.DateTimeField(verbose_name="下发时间")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="结束时间")),
                (
                    "sent_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="下发人",
                    ),
                ),
            ],
            options={
                "verbose_name": "监管指令",
                "verbose_name_plural": "监管指令",
                "db_table": "instruction",
                "ordering": ["-sent_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="InstructionTask",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("issued", "待签收"),
                            ("received", "办理中"),
                            ("returned", "已退回"),
                            ("answered", "已反馈"),
                            ("passed", "已通过"),
                        ],
                        default="issued",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("sent_at", models.DateTimeField(verbose_name="下发时间")),
                ("due_at", models.DateTimeField(verbose_name="反馈期限")),
                ("accepted_at", models.DateTimeField(blank=True, null=True, verbose_name="签收时间")),
                ("answered_at", models.DateTimeField(blank=True, null=True, verbose_name="反馈时间")),
                ("answer", models.TextField(blank=True, verbose_name="反馈内容")),
                ("passed_at", models.DateTimeField(blank=True, null=True, verbose_name="通过时间")),
                ("returned_times", models.PositiveSmallIntegerField(default=0, verbose_name="退回次数")),
                ("urged_at", models.DateTimeField(blank=True, null=True, verbose_name="最近催办时间")),
                ("urged_times", models.PositiveSmallIntegerField(default=0, verbose_name="催办次数")),
                (
                    "accepted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="签收人",
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
                    "instruction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tasks",
                        to="datacenter.instruction",
                        verbose_name="监管指令",
                    ),
                ),
            ],
            options={
                "verbose_name": "县区任务",
                "verbose_name_plural": "县区任务",
                "db_table": "instruction_task",
                "ordering": ["instruction_id", "county_id"],
            },
        ),
        migrations.CreateModel(
            name="InstructionItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField(verbose_name="序号")),
                ("plate", models.CharField(blank=True, max_length=10, verbose_name="车牌号")),
                (
                    "plate_colour",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        choices=[
                            (1, "蓝"),
                            (2, "黄"),
                            (3, "黑"),
                            (4, "白"),
                            (5, "绿"),
                            (9, "其他"),
                            (93, "黄绿"),
                            (94, "渐变绿"),
                        ],
                        null=True,
                        verbose_name="车牌颜色",
                    ),
                ),
                (
                    "industry",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("taxi", "出租汽车"),
                            ("bus", "公交车"),
                            ("coach", "客运班线、包车"),
                            ("hazmat", "危险货物运输车"),
                            ("heavy_truck", "重型货车"),
                        ],
                        max_length=12,
                        verbose_name="行业",
                    ),
                ),
                ("company_name", models.CharField(blank=True, max_length=80, verbose_name="企业名称")),
                ("area_name", models.CharField(blank=True, max_length=80, verbose_name="区域名称")),
                ("latitude_e6", models.IntegerField(blank=True, null=True, verbose_name="纬度 1e-6°")),
                ("longitude_e6", models.IntegerField(blank=True, null=True, verbose_name="经度 1e-6°")),
                ("boundary_unconfirmed", models.BooleanField(default=False, verbose_name="边界待确认")),
                (
                    "mark",
                    models.CharField(
                        blank=True,
                        choices=[("outside", "不在任何县区"), ("not_asked", "所在县区未列入")],
                        max_length=10,
                        verbose_name="标记",
                    ),
                ),
                (
                    "result",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("checked", "已查无问题"),
                            ("finding", "查出问题"),
                            ("not_found", "未找到"),
                            ("transferred", "已移交"),
                        ],
                        max_length=12,
                        verbose_name="结果",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="说明")),
                ("done_at", models.DateTimeField(blank=True, null=True, verbose_name="办理时间")),
                (
                    "area",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="datacenter.area",
                        verbose_name="区域",
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.case",
                        verbose_name="案件",
                    ),
                ),
                (
                    "county",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.county",
                        verbose_name="县区",
                    ),
                ),
                (
                    "done_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="办理人",
                    ),
                ),
                (
                    "instruction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="items",
                        to="datacenter.instruction",
                        verbose_name="监管指令",
                    ),
                ),
                (
                    "vehicle",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.vehicle",
                        verbose_name="车辆",
                    ),
                ),
                (
                    "task",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="items",
                        to="datacenter.instructiontask",
                        verbose_name="县区任务",
                    ),
                ),
            ],
            options={
                "verbose_name": "检查对象",
                "verbose_name_plural": "检查对象",
                "db_table": "instruction_item",
                "ordering": ["instruction_id", "position"],
            },
        ),
        migrations.CreateModel(
            name="InstructionFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, verbose_name="文件名")),
                ("content_type", models.CharField(max_length=80, verbose_name="类型")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("size_bytes", models.PositiveIntegerField(verbose_name="大小")),
                ("path", models.CharField(max_length=160, verbose_name="存放位置")),
                ("at", models.DateTimeField(verbose_name="上传时间")),
                (
                    "instruction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="files",
                        to="datacenter.instruction",
                        verbose_name="监管指令",
                    ),
                ),
                (
                    "task",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="files",
                        to="datacenter.instructiontask",
                        verbose_name="县区任务",
                    ),
                ),
            ],
            options={
                "verbose_name": "指令附件",
                "verbose_name_plural": "指令附件",
                "db_table": "instruction_file",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="InstructionEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("city_only", models.BooleanField(default=False, verbose_name="仅市级可见")),
                ("at", models.DateTimeField(verbose_name="时间")),
                (
                    "verb",
                    models.CharField(
                        choices=[
                            ("issue", "下发"),
                            ("extend", "延期"),
                            ("close", "结束"),
                            ("withdraw", "撤回"),
                            ("urge", "催办"),
                            ("receive", "签收"),
                            ("result", "登记结果"),
                            ("open_case", "立案"),
                            ("answer", "反馈"),
                            ("return", "退回"),
                            ("pass", "通过"),
                        ],
                        max_length=10,
                        verbose_name="动作",
                    ),
                ),
                ("by_name", models.CharField(help_text="姓名与机构", max_length=120, verbose_name="经办")),
                ("note", models.TextField(blank=True, verbose_name="说明")),
                ("facts", models.JSONField(blank=True, default=dict, verbose_name="内容")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="经办人",
                    ),
                ),
                (
                    "instruction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="datacenter.instruction",
                        verbose_name="监管指令",
                    ),
                ),
                (
                    "task",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="datacenter.instructiontask",
                        verbose_name="县区任务",
                    ),
                ),
            ],
            options={
                "verbose_name": "指令办理记录",
                "verbose_name_plural": "指令办理记录",
                "db_table": "instruction_event",
                "ordering": ["at", "pk"],
            },
        ),
        migrations.AddIndex(
            model_name="instruction",
            index=models.Index(fields=["-sent_at", "-id"], name="instruction_sent"),
        ),
        migrations.AddConstraint(
            model_name="instruction",
            constraint=models.CheckConstraint(
                condition=models.Q(("due_at__gt", models.F("sent_at"))), name="instruction_due_after_sent"
            ),
        ),
        migrations.AddConstraint(
            model_name="instruction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("state", "open")),
                    models.Q(models.Q(("state", "open"), _negated=True), ("ended_at__isnull", False)),
                    _connector="OR",
                ),
                name="instruction_ended",
            ),
        ),
        migrations.AddIndex(
            model_name="instructiontask",
            index=models.Index(fields=["county", "state", "due_at"], name="instruction_task_county"),
        ),
        migrations.AddIndex(
            model_name="instructiontask",
            index=models.Index(fields=["due_at"], name="instruction_task_due"),
        ),
        migrations.AddConstraint(
            model_name="instructiontask",
            constraint=models.UniqueConstraint(fields=("instruction", "county"), name="instruction_task_once"),
        ),
        migrations.AddConstraint(
            model_name="instructiontask",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answered_at__isnull", False), ("state__in", ["answered", "passed"])),
                    models.Q(models.Q(("state__in", ["answered", "passed"]), _negated=True), ("answered_at", None)),
                    _connector="OR",
                ),
                name="instruction_task_answered",
            ),
        ),
        migrations.AddIndex(
            model_name="instructionitem",
            index=models.Index(fields=["task", "position"], name="instruction_item_task"),
        ),
        migrations.AddIndex(
            model_name="instructionitem",
            index=models.Index(
                condition=models.Q(("case__isnull", False)), fields=["case"], name="instruction_item_case"
            ),
        ),
        migrations.AddConstraint(
            model_name="instructionitem",
            constraint=models.UniqueConstraint(fields=("instruction", "position"), name="instruction_item_position"),
        ),
        migrations.AddConstraint(
            model_name="instructionitem",
            constraint=models.UniqueConstraint(fields=("instruction", "vehicle"), name="instruction_item_vehicle"),
        ),
        migrations.AddConstraint(
            model_name="instructionitem",
            constraint=models.UniqueConstraint(fields=("instruction", "area"), name="instruction_item_area"),
        ),
        migrations.AddConstraint(
            model_name="instructionitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("task", None), models.Q(("mark", ""), _negated=True)),
                    models.Q(("mark", ""), ("task__isnull", False)),
                    _connector="OR",
                ),
                name="instruction_item_mark",
            ),
        ),
        migrations.AddConstraint(
            model_name="instructionitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("done_at", None), ("result", "")),
                    models.Q(models.Q(("result", ""), _negated=True), ("done_at__isnull", False)),
                    _connector="OR",
                ),
                name="instruction_item_done",
            ),
        ),
        migrations.AddIndex(
            model_name="instructionevent",
            index=models.Index(fields=["instruction", "-at"], name="instruction_event_at"),
        ),
        migrations.RunSQL(WALLS, migrations.RunSQL.noop),
        migrations.RunSQL(APPEND_ONLY, migrations.RunSQL.noop),
    ]
