"""The whole loop of a case: its legs, extensions, supervisions, and the rules that say whose and how grave it is."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# A leg, an extension and a supervision belong where their case belongs.
_CITY = "current_setting('app.scope', true) = 'city'"
_PARENTS = {
    "case_dispatch": ("case_file", "case_id"),
    "case_extension": ("case_dispatch", "leg_id"),
    "supervision": ("case_file", "case_id"),
}
WALLS = "\n".join(
    f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;\n"
    f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY;\n"
    f"CREATE POLICY scope ON {table} USING ({_CITY} OR EXISTS (SELECT 1 FROM {parent} p WHERE p.id = {table}.{column}))"
    f" WITH CHECK ({_CITY} OR EXISTS (SELECT 1 FROM {parent} p WHERE p.id = {table}.{column}));"
    for table, (parent, column) in _PARENTS.items()
)

# Each case that is out already gets the leg that its events tell of; a second run finds them all there.
LEGS = """
INSERT INTO case_dispatch (case_id, part, county_id, unit_id, state, sent_at, due_at, amber_at, due_provisional,
                           accepted_at, assignee_id, fed_back_at, result, outcome, returned_times, urged_times, late_reason)
SELECT c.id, 'lead', c.county_id, NULL,
       CASE WHEN c.state IN ('verified', 'closed') THEN 'fed_back' ELSE c.state END,
       COALESCE(e.sent_at, c.opened_at), c.due_at, NULL, false,
       e.accepted_at, c.assignee_id,
       CASE WHEN c.state IN ('fed_back', 'verified', 'closed') THEN e.fed_back_at END,
       c.result, c.outcome, COALESCE(e.returned_times, 0), 0, ''
FROM case_file c
LEFT JOIN (
    SELECT case_id, max(at) FILTER (WHERE verb = 'dispatch') AS sent_at, max(at) FILTER (WHERE verb = 'accept') AS accepted_at,
           max(at) FILTER (WHERE verb = 'feed_back') AS fed_back_at, count(*) FILTER (WHERE verb = 'return') AS returned_times
    FROM case_event GROUP BY case_id
) e ON e.case_id = c.id
WHERE c.county_id IS NOT NULL AND c.state <> 'collected'
  AND NOT EXISTS (SELECT 1 FROM case_dispatch d WHERE d.case_id = c.id);
UPDATE case_file c SET returned_times = d.returned_times FROM case_dispatch d
WHERE d.case_id = c.id AND d.returned_times > 0 AND c.returned_times = 0;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("datacenter", "0023_told_again_and_judged"),
    ]

    operations = [
        migrations.CreateModel(
            name="CalendarDay",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False, verbose_name="日期")),
                ("is_working", models.BooleanField(verbose_name="工作日")),
                ("reason", models.CharField(max_length=100, verbose_name="原因")),
            ],
            options={
                "verbose_name": "工作日调整",
                "verbose_name_plural": "工作日调整",
                "db_table": "calendar_day",
                "ordering": ["-day"],
            },
        ),
        migrations.CreateModel(
            name="Dispatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "part",
                    models.CharField(
                        choices=[("lead", "主办"), ("joint", "协办")], default="lead", max_length=6, verbose_name="分工"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("dispatched", "待签收"),
                            ("accepted", "办理中"),
                            ("handled", "待反馈"),
                            ("returned", "已退回"),
                            ("fed_back", "待核查"),
                        ],
                        default="dispatched",
                        max_length=12,
                        verbose_name="状态",
                    ),
                ),
                ("sent_at", models.DateTimeField(verbose_name="派发时间")),
                ("due_at", models.DateTimeField(blank=True, null=True, verbose_name="期限")),
                ("amber_at", models.DateTimeField(blank=True, null=True, verbose_name="预警时间")),
                ("due_provisional", models.BooleanField(default=False, verbose_name="期限暂定")),
                ("accepted_at", models.DateTimeField(blank=True, null=True, verbose_name="签收时间")),
                ("fed_back_at", models.DateTimeField(blank=True, null=True, verbose_name="反馈时间")),
                ("result", models.TextField(blank=True, verbose_name="办理结果")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[("substantiated", "属实"), ("unfounded", "不属实")],
                        max_length=16,
                        verbose_name="查证结论",
                    ),
                ),
                ("returned_times", models.PositiveSmallIntegerField(default=0, verbose_name="退回次数")),
                ("warned_at", models.DateTimeField(blank=True, null=True, verbose_name="预警告知时间")),
                ("urged_at", models.DateTimeField(blank=True, null=True, verbose_name="最近催办时间")),
                ("urged_times", models.PositiveSmallIntegerField(default=0, verbose_name="催办次数")),
                ("late_reason", models.TextField(blank=True, verbose_name="逾期原因")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="终止时间")),
            ],
            options={
                "verbose_name": "派送",
                "verbose_name_plural": "派送",
                "db_table": "case_dispatch",
                "ordering": ["case_id", "sent_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Extension",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[("asked", "待批"), ("granted", "同意"), ("refused", "不同意"), ("withdrawn", "作废")],
                        default="asked",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("until", models.DateTimeField(verbose_name="延至")),
                ("reason", models.TextField(verbose_name="理由")),
                ("asked_at", models.DateTimeField(verbose_name="申请时间")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="审批时间")),
                ("note", models.TextField(blank=True, verbose_name="审批意见")),
            ],
            options={
                "verbose_name": "延期申请",
                "verbose_name_plural": "延期申请",
                "db_table": "case_extension",
                "ordering": ["asked_at"],
            },
        ),
        migrations.CreateModel(
            name="KeyCaseRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField(verbose_name="顺序")),
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
                (
                    "kind",
                    models.CharField(
                        blank=True, help_text="代码，或以 * 结尾的开头；空为全部", max_length=40, verbose_name="事由"
                    ),
                ),
                (
                    "repeats",
                    models.PositiveSmallIntegerField(
                        default=1,
                        help_text="含本次；1 为每一件",
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="同车同事由次数",
                    ),
                ),
                (
                    "within_days",
                    models.PositiveSmallIntegerField(
                        default=30, validators=[django.core.validators.MinValueValidator(1)], verbose_name="期间（天）"
                    ),
                ),
                (
                    "level",
                    models.CharField(
                        choices=[("general", "一般"), ("major", "较大"), ("serious", "严重")],
                        max_length=8,
                        verbose_name="等级",
                    ),
                ),
                ("is_key", models.BooleanField(default=True, verbose_name="列为重点案件")),
                ("in_force", models.BooleanField(default=True, verbose_name="启用")),
                ("source", models.CharField(blank=True, max_length=200, verbose_name="依据")),
                ("source_verified", models.BooleanField(default=False, verbose_name="依据已核实")),
            ],
            options={
                "verbose_name": "重点案件规则",
                "verbose_name_plural": "重点案件规则",
                "db_table": "key_case_rule",
                "ordering": ["position", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Supervision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "level",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "一级"), (2, "二级"), (3, "三级")], verbose_name="级别"
                    ),
                ),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("late", "逾期"),
                            ("key", "重点案件"),
                            ("by_hand", "人工督办"),
                            ("escalated", "上级督办"),
                        ],
                        max_length=10,
                        verbose_name="原因",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "待回复"),
                            ("answered", "待审查"),
                            ("accepted", "审查通过"),
                            ("escalated", "已升级"),
                        ],
                        default="open",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("reason", models.TextField(verbose_name="督办要求")),
                ("opened_at", models.DateTimeField(verbose_name="督办时间")),
                ("answer_due_at", models.DateTimeField(verbose_name="回复期限")),
                ("answer", models.TextField(blank=True, verbose_name="回复")),
                ("answered_at", models.DateTimeField(blank=True, null=True, verbose_name="回复时间")),
                ("sent_back_times", models.PositiveSmallIntegerField(default=0, verbose_name="审查退回次数")),
                ("review_note", models.TextField(blank=True, verbose_name="审查意见")),
                ("reviewed_at", models.DateTimeField(blank=True, null=True, verbose_name="审查时间")),
            ],
            options={
                "verbose_name": "督办",
                "verbose_name_plural": "督办",
                "db_table": "supervision",
                "ordering": ["-opened_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="SupervisionRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "level",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "一级"), (2, "二级"), (3, "三级")], unique=True, verbose_name="督办级别"
                    ),
                ),
                (
                    "after_hours",
                    models.PositiveIntegerField(help_text="0 为逾期即督办", verbose_name="逾期多少工作时后"),
                ),
                (
                    "answer_hours",
                    models.PositiveIntegerField(
                        validators=[django.core.validators.MinValueValidator(1)], verbose_name="回复时限（工作时）"
                    ),
                ),
                ("in_force", models.BooleanField(default=True, verbose_name="启用")),
                ("source", models.CharField(blank=True, max_length=200, verbose_name="依据")),
                ("source_verified", models.BooleanField(default=False, verbose_name="依据已核实")),
            ],
            options={
                "verbose_name": "督办规则",
                "verbose_name_plural": "督办规则",
                "db_table": "supervision_rule",
                "ordering": ["level"],
            },
        ),
        migrations.CreateModel(
            name="TerritoryRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField(help_text="从小到大，先符合者为准", verbose_name="顺序")),
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
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        help_text="代码，或以 * 结尾的开头，如 taxi.*；空为全部",
                        max_length=40,
                        verbose_name="事由",
                    ),
                ),
                (
                    "origin",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("finding", "系统检测"),
                            ("screening", "远程排查"),
                            ("complaint", "12328 投诉"),
                            ("inspection", "路面检查"),
                            ("instruction", "上级交办"),
                            ("emergency", "应急事件"),
                        ],
                        max_length=12,
                        verbose_name="来源",
                    ),
                ),
                (
                    "basis",
                    models.CharField(
                        choices=[
                            ("place", "发生地"),
                            ("vehicle", "车籍地"),
                            ("company", "企业所在地"),
                            ("practitioner", "从业人员属地"),
                            ("county", "指定县区"),
                            ("city", "市级派发"),
                        ],
                        max_length=12,
                        verbose_name="归属依据",
                    ),
                ),
                ("in_force", models.BooleanField(default=True, verbose_name="启用")),
                ("source", models.CharField(blank=True, max_length=200, verbose_name="依据")),
                ("source_verified", models.BooleanField(default=False, verbose_name="依据已核实")),
            ],
            options={
                "verbose_name": "属地规则",
                "verbose_name_plural": "属地规则",
                "db_table": "territory_rule",
                "ordering": ["position", "pk"],
            },
        ),
        migrations.AlterModelOptions(
            name="workflowrule",
            options={
                "ordering": ["industry", "kind", "level"],
                "verbose_name": "办案标准",
                "verbose_name_plural": "办案标准",
            },
        ),
        migrations.RemoveConstraint(
            model_name="workflowrule",
            name="workflow_rule_once",
        ),
        migrations.RemoveIndex(
            model_name="case",
            name="case_due",
        ),
        migrations.AddField(
            model_name="case",
            name="amber_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="预警时间"),
        ),
        migrations.AddField(
            model_name="case",
            name="contradicted",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="县区与执法队查证结论不同，由市级裁定",
                verbose_name="结论不一致",
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="due_provisional",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="跨到放假安排尚未公布的年份，按周一至周五计",
                verbose_name="期限暂定",
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="filed_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="归档时间"),
        ),
        migrations.AddField(
            model_name="case",
            name="is_key",
            field=models.BooleanField(db_default=False, default=False, verbose_name="重点案件"),
        ),
        migrations.AddField(
            model_name="case",
            name="level",
            field=models.CharField(
                choices=[("general", "一般"), ("major", "较大"), ("serious", "严重")],
                db_default="general",
                default="general",
                max_length=8,
                verbose_name="等级",
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="practitioner",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="datacenter.practitioner",
                verbose_name="从业人员",
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="returned_times",
            field=models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="退回次数"),
        ),
        migrations.AddField(
            model_name="county",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                help_text="撤并后由哪个县区承接未办结案件",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="datacenter.county",
                verbose_name="并入",
            ),
        ),
        migrations.AddField(
            model_name="violation",
            name="revoked_at",
            field=models.DateTimeField(
                blank=True, help_text="案件重办后不属实，不再计入记录", null=True, verbose_name="撤销时间"
            ),
        ),
        migrations.AddField(
            model_name="workflowrule",
            name="clock",
            field=models.CharField(
                choices=[("calendar", "自然时"), ("working", "工作时")],
                db_default="calendar",
                default="calendar",
                help_text="工作时只计工作日的办公时间",
                max_length=8,
                verbose_name="计时方式",
            ),
        ),
        migrations.AddField(
            model_name="workflowrule",
            name="double",
            field=models.BooleanField(
                db_default=False, default=False, help_text="同时派县区与执法队", verbose_name="双重派送"
            ),
        ),
        migrations.AddField(
            model_name="workflowrule",
            name="level",
            field=models.CharField(
                blank=True,
                choices=[("general", "一般"), ("major", "较大"), ("serious", "严重")],
                db_default="",
                default="",
                max_length=8,
                verbose_name="等级",
            ),
        ),
        migrations.AlterField(
            model_name="case",
            name="origin",
            field=models.CharField(
                choices=[
                    ("finding", "系统检测"),
                    ("screening", "远程排查"),
                    ("complaint", "12328 投诉"),
                    ("inspection", "路面检查"),
                    ("instruction", "上级交办"),
                    ("emergency", "应急事件"),
                ],
                max_length=12,
                verbose_name="来源",
            ),
        ),
        migrations.AlterField(
            model_name="case",
            name="state",
            field=models.CharField(
                choices=[
                    ("collected", "待派发"),
                    ("dispatched", "待签收"),
                    ("accepted", "办理中"),
                    ("handled", "待反馈"),
                    ("fed_back", "待核查"),
                    ("returned", "已退回"),
                    ("verified", "待办结"),
                    ("closed", "已办结"),
                    ("filed", "已归档"),
                ],
                default="collected",
                max_length=12,
                verbose_name="状态",
            ),
        ),
        migrations.AlterField(
            model_name="caseevent",
            name="from_state",
            field=models.CharField(
                blank=True,
                choices=[
                    ("collected", "待派发"),
                    ("dispatched", "待签收"),
                    ("accepted", "办理中"),
                    ("handled", "待反馈"),
                    ("fed_back", "待核查"),
                    ("returned", "已退回"),
                    ("verified", "待办结"),
                    ("closed", "已办结"),
                    ("filed", "已归档"),
                ],
                max_length=12,
                verbose_name="原状态",
            ),
        ),
        migrations.AlterField(
            model_name="caseevent",
            name="to_state",
            field=models.CharField(
                choices=[
                    ("collected", "待派发"),
                    ("dispatched", "待签收"),
                    ("accepted", "办理中"),
                    ("handled", "待反馈"),
                    ("fed_back", "待核查"),
                    ("returned", "已退回"),
                    ("verified", "待办结"),
                    ("closed", "已办结"),
                    ("filed", "已归档"),
                ],
                max_length=12,
                verbose_name="新状态",
            ),
        ),
        migrations.AlterField(
            model_name="caseevent",
            name="verb",
            field=models.CharField(
                choices=[
                    ("collect", "采集"),
                    ("dispatch", "派发"),
                    ("redispatch", "改派"),
                    ("decline", "退件"),
                    ("accept", "签收"),
                    ("handle", "办理"),
                    ("feed_back", "反馈"),
                    ("return", "退回"),
                    ("verify", "核查通过"),
                    ("close", "办结"),
                    ("file", "归档"),
                    ("reopen", "重办"),
                    ("ask_extension", "申请延期"),
                    ("grant_extension", "同意延期"),
                    ("refuse_extension", "不同意延期"),
                    ("explain", "逾期说明"),
                    ("urge", "催办"),
                    ("supervise", "督办"),
                    ("answer", "督办回复"),
                    ("review", "督办审查"),
                    ("grade", "定级"),
                    ("note", "补充"),
                ],
                max_length=16,
                verbose_name="动作",
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(
                    (
                        "state__in",
                        ("collected", "dispatched", "accepted", "handled", "fed_back", "returned", "verified"),
                    )
                ),
                fields=["due_at"],
                name="case_due",
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(condition=models.Q(("is_key", True)), fields=["-opened_at", "-id"], name="case_key"),
        ),
        migrations.AddConstraint(
            model_name="workflowrule",
            constraint=models.UniqueConstraint(fields=("industry", "kind", "level"), name="workflow_rule_once"),
        ),
        migrations.AddField(
            model_name="dispatch",
            name="assignee",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="承办人",
            ),
        ),
        migrations.AddField(
            model_name="dispatch",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="legs",
                to="datacenter.case",
                verbose_name="案件",
            ),
        ),
        migrations.AddField(
            model_name="dispatch",
            name="county",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="datacenter.county",
                verbose_name="县区",
            ),
        ),
        migrations.AddField(
            model_name="dispatch",
            name="unit",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="datacenter.unit",
                verbose_name="执法队",
            ),
        ),
        migrations.AddField(
            model_name="extension",
            name="asked_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="申请人",
            ),
        ),
        migrations.AddField(
            model_name="extension",
            name="decided_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="审批人",
            ),
        ),
        migrations.AddField(
            model_name="extension",
            name="leg",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="extensions",
                to="datacenter.dispatch",
                verbose_name="派送",
            ),
        ),
        migrations.AddField(
            model_name="supervision",
            name="answered_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="回复人",
            ),
        ),
        migrations.AddField(
            model_name="supervision",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="supervisions",
                to="datacenter.case",
                verbose_name="案件",
            ),
        ),
        migrations.AddField(
            model_name="supervision",
            name="follows",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="followed_by",
                to="datacenter.supervision",
                verbose_name="由其升级",
            ),
        ),
        migrations.AddField(
            model_name="supervision",
            name="leader",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="督办领导",
            ),
        ),
        migrations.AddField(
            model_name="supervision",
            name="opened_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="督办人",
            ),
        ),
        migrations.AddField(
            model_name="supervision",
            name="reviewed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="审查人",
            ),
        ),
        migrations.AddField(
            model_name="supervisionrule",
            name="leader",
            field=models.ForeignKey(
                blank=True,
                help_text="空则由市级监管员督办",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="督办领导",
            ),
        ),
        migrations.AddField(
            model_name="territoryrule",
            name="county",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="datacenter.county",
                verbose_name="指定县区",
            ),
        ),
        migrations.AddIndex(
            model_name="dispatch",
            index=models.Index(fields=["county", "-sent_at"], name="case_dispatch_county"),
        ),
        migrations.AddIndex(
            model_name="dispatch",
            index=models.Index(
                condition=models.Q(("ended_at", None), ("part", "joint")),
                fields=["unit", "state"],
                name="case_dispatch_unit",
            ),
        ),
        migrations.AddIndex(
            model_name="dispatch",
            index=models.Index(
                condition=models.Q(("ended_at", None), models.Q(("state", "fed_back"), _negated=True)),
                fields=["due_at"],
                name="case_dispatch_due",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispatch",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)), fields=("case", "part"), name="case_dispatch_live"
            ),
        ),
        migrations.AddConstraint(
            model_name="dispatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("county__isnull", False), ("part", "lead")),
                    models.Q(("part", "joint"), ("unit__isnull", False)),
                    _connector="OR",
                ),
                name="case_dispatch_body",
            ),
        ),
        migrations.AddConstraint(
            model_name="extension",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "asked")), fields=("leg",), name="case_extension_once"
            ),
        ),
        migrations.AddIndex(
            model_name="supervision",
            index=models.Index(
                condition=models.Q(("state__in", ["open", "answered"])),
                fields=["answer_due_at"],
                name="supervision_due",
            ),
        ),
        migrations.AddConstraint(
            model_name="supervision",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["open", "answered"])), fields=("case",), name="supervision_one_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="territoryrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("basis", "county"), ("county__isnull", False)),
                    models.Q(models.Q(("basis", "county"), _negated=True), ("county__isnull", True)),
                    _connector="OR",
                ),
                name="territory_rule_county",
            ),
        ),
        migrations.RunSQL(WALLS, migrations.RunSQL.noop),
        migrations.RunSQL(LEGS, migrations.RunSQL.noop),
    ]
