"""Figures over all cases, counted in the background by day and month, and the days that wait to be counted."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Companies have no statistics: city and county only. Which days changed, and what cases can be about, is nobody's own.
_CITY = "current_setting('app.scope', true) = 'city'"
_COUNTY = "(current_setting('app.scope', true) = 'county' AND county_id = current_setting('app.scope_id', true))"
_RULES = {
    "case_statistic": f"({_CITY} OR {_COUNTY})",
    "officer_statistic": f"({_CITY} OR {_COUNTY})",
}
WALLS = "\n".join(
    f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;\n"
    f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY;\n"
    f"CREATE POLICY scope ON {table} USING ({rule}) WITH CHECK ({rule});"
    for table, rule in _RULES.items()
)
# What there is already is counted by the first fold.
COUNT_ALL = """
INSERT INTO case_changed_day (day, at)
SELECT DISTINCT (opened_at AT TIME ZONE 'Asia/Shanghai')::date, now() FROM case_file
"""


class Migration(migrations.Migration):
    dependencies = [
        ("datacenter", "0027_roadside_checks"),
    ]

    operations = [
        migrations.CreateModel(
            name="CaseStatistic",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("span", models.CharField(choices=[("day", "日"), ("month", "月")], max_length=5, verbose_name="跨度")),
                ("first", models.DateField(help_text="案件立案日，或其月份的第一天", verbose_name="起始日")),
                ("county_id", models.CharField(blank=True, help_text="未派发为空", max_length=6, verbose_name="县区")),
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
                ("kind", models.CharField(max_length=40, verbose_name="事由")),
                (
                    "origin",
                    models.CharField(
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
                ("total", models.PositiveIntegerField(default=0, verbose_name="案件数")),
                ("collected", models.PositiveIntegerField(default=0, verbose_name="待派发")),
                ("dispatched", models.PositiveIntegerField(default=0, verbose_name="待签收")),
                ("accepted", models.PositiveIntegerField(default=0, verbose_name="办理中")),
                ("handled", models.PositiveIntegerField(default=0, verbose_name="待反馈")),
                ("fed_back", models.PositiveIntegerField(default=0, verbose_name="待核查")),
                ("returned", models.PositiveIntegerField(default=0, verbose_name="已退回")),
                ("verified", models.PositiveIntegerField(default=0, verbose_name="待办结")),
                ("closed", models.PositiveIntegerField(default=0, verbose_name="已办结")),
                ("filed", models.PositiveIntegerField(default=0, verbose_name="已归档")),
                ("waiting", models.PositiveIntegerField(default=0, verbose_name="未办结")),
                ("sent_back", models.PositiveIntegerField(default=0, verbose_name="曾被退回")),
                ("substantiated", models.PositiveIntegerField(default=0, verbose_name="属实")),
                ("unfounded", models.PositiveIntegerField(default=0, verbose_name="不属实")),
                ("hours", models.BinaryField(verbose_name="发生时段")),
                ("places", models.BinaryField(verbose_name="发生网格")),
            ],
            options={
                "verbose_name": "案件统计",
                "verbose_name_plural": "案件统计",
                "db_table": "case_statistic",
            },
        ),
        migrations.CreateModel(
            name="CaseSubject",
            fields=[
                ("id", models.SmallAutoField(primary_key=True, serialize=False)),
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
                ("kind", models.CharField(max_length=40, verbose_name="事由")),
                (
                    "origin",
                    models.CharField(
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
            ],
            options={
                "verbose_name": "案件类别",
                "verbose_name_plural": "案件类别",
                "db_table": "case_subject",
            },
        ),
        migrations.CreateModel(
            name="ChangedDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(verbose_name="立案日")),
                ("at", models.DateTimeField(auto_now_add=True, verbose_name="变动时间")),
            ],
            options={
                "verbose_name": "待重计日",
                "verbose_name_plural": "待重计日",
                "db_table": "case_changed_day",
            },
        ),
        migrations.CreateModel(
            name="OfficerStatistic",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("span", models.CharField(choices=[("day", "日"), ("month", "月")], max_length=5, verbose_name="跨度")),
                ("first", models.DateField(help_text="案件立案日，或其月份的第一天", verbose_name="起始日")),
                ("county_id", models.CharField(blank=True, help_text="案件的县区", max_length=6, verbose_name="县区")),
                ("leads", models.BooleanField(verbose_name="主办")),
                ("legs", models.BinaryField(verbose_name="派送")),
            ],
            options={
                "verbose_name": "承办统计",
                "verbose_name_plural": "承办统计",
                "db_table": "officer_statistic",
            },
        ),
        migrations.AddIndex(
            model_name="casestatistic",
            index=models.Index(
                condition=models.Q(("waiting__gt", 0)), fields=["span", "first"], name="case_statistic_waiting"
            ),
        ),
        migrations.AddConstraint(
            model_name="casestatistic",
            constraint=models.UniqueConstraint(
                fields=("span", "first", "county_id", "industry", "kind", "origin"), name="case_statistic_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="casesubject",
            constraint=models.UniqueConstraint(fields=("industry", "kind", "origin"), name="case_subject_once"),
        ),
        migrations.AddField(
            model_name="officerstatistic",
            name="officer",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="承办人",
            ),
        ),
        migrations.AddConstraint(
            model_name="officerstatistic",
            constraint=models.UniqueConstraint(
                fields=("span", "first", "county_id", "officer", "leads"), name="officer_statistic_once"
            ),
        ),
        migrations.RunSQL(WALLS, migrations.RunSQL.noop),
        migrations.RunSQL(COUNT_ALL, migrations.RunSQL.noop),
    ]
