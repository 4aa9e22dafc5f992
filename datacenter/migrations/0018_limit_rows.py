"""Limits as rows with history, shadow limits, back-tests."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

_CITY = "current_setting('app.scope', true) = 'city'"
# A row that names a county or a company is for those who see vehicles there.
_LIMIT = f"""({_CITY} OR (current_setting('app.scope', true) IN ('county', 'company', 'vehicle')
    AND (company_id IS NULL OR company_id IN (SELECT unit_id FROM company))
    AND (county_id IS NULL OR scope_allows(county_id, NULL, NULL) OR county_id IN (SELECT county_id FROM vehicle))))"""
WALLS = "\n".join(
    f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;\n"
    f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY;\n"
    f"CREATE POLICY scope ON {table} USING ({rule}) WITH CHECK ({rule});"
    for table, rule in {"detector_limit": _LIMIT, "backtest": _CITY}.items()
)
# A row is ended once; nothing else of it ever changes.
HISTORY = """
CREATE FUNCTION detector_limit_ends_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL
        AND to_jsonb(NEW) - '{valid_until,ended_at,ended_by_id,end_note}'::text[]
          = to_jsonb(OLD) - '{valid_until,ended_at,ended_by_id,end_note}'::text[] THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'detector_limit is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER detector_limit_append_only BEFORE UPDATE OR DELETE ON detector_limit
    FOR EACH ROW EXECUTE FUNCTION detector_limit_ends_once();
"""
UNDO = "DROP TRIGGER detector_limit_append_only ON detector_limit; DROP FUNCTION detector_limit_ends_once();"


class Migration(migrations.Migration):
    dependencies = [
        ("datacenter", "0017_second_stage"),
    ]

    operations = [
        migrations.AddField(
            model_name="detectorsetting",
            name="mode",
            field=models.CharField(
                choices=[("in_force", "生效"), ("shadow", "试运行")],
                db_default="in_force",
                default="in_force",
                max_length=8,
                verbose_name="方式",
            ),
        ),
        migrations.AddField(
            model_name="finding",
            name="mode",
            field=models.CharField(
                choices=[("in_force", "生效"), ("shadow", "试运行")],
                db_default="in_force",
                default="in_force",
                max_length=8,
                verbose_name="方式",
            ),
        ),
        migrations.CreateModel(
            name="DetectorLimit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("detector", models.CharField(max_length=40, verbose_name="规则代码")),
                (
                    "vehicle_kind",
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
                        verbose_name="车辆类别",
                    ),
                ),
                ("time_from", models.TimeField(blank=True, help_text="北京时间", null=True, verbose_name="时段起")),
                (
                    "time_until",
                    models.TimeField(blank=True, help_text="早于时段起表示次日", null=True, verbose_name="时段止"),
                ),
                (
                    "weekdays",
                    models.PositiveSmallIntegerField(default=127, help_text="周一为最低位", verbose_name="星期"),
                ),
                ("overrides", models.JSONField(help_text="只含与基准不同的参数", verbose_name="参数")),
                ("valid_from", models.DateTimeField(verbose_name="生效时间")),
                ("valid_until", models.DateTimeField(blank=True, null=True, verbose_name="失效时间")),
                (
                    "mode",
                    models.CharField(
                        choices=[("in_force", "生效"), ("shadow", "试运行")],
                        default="in_force",
                        max_length=8,
                        verbose_name="方式",
                    ),
                ),
                ("source", models.CharField(max_length=300, verbose_name="依据")),
                ("source_verified", models.BooleanField(default=False, verbose_name="依据已核实")),
                ("note", models.CharField(max_length=300, verbose_name="理由")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="登记时间")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="终止登记时间")),
                ("end_note", models.CharField(blank=True, max_length=300, verbose_name="终止理由")),
                (
                    "area",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.area",
                        verbose_name="区域",
                    ),
                ),
                (
                    "company",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.company",
                        verbose_name="企业",
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
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="登记人",
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="终止人",
                    ),
                ),
                (
                    "replaces",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaced_by",
                        to="datacenter.detectorlimit",
                        verbose_name="替代",
                    ),
                ),
            ],
            options={
                "verbose_name": "判定参数行",
                "verbose_name_plural": "判定参数行",
                "db_table": "detector_limit",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="Backtest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("detector", models.CharField(max_length=40, verbose_name="规则代码")),
                ("proposal", models.JSONField(verbose_name="拟定参数")),
                ("since", models.DateTimeField(verbose_name="起")),
                ("until", models.DateTimeField(verbose_name="止")),
                ("scope_level", models.CharField(max_length=8, verbose_name="数据范围")),
                ("scope_id", models.CharField(blank=True, max_length=20, verbose_name="范围编号")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "等待"),
                            ("running", "进行中"),
                            ("done", "完成"),
                            ("cancelled", "已取消"),
                            ("failed", "失败"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("last_vehicle", models.BigIntegerField(default=0, verbose_name="已算至车辆")),
                ("vehicles_done", models.IntegerField(default=0, verbose_name="已算车辆")),
                ("vehicles", models.IntegerField(default=0, verbose_name="车辆数")),
                ("positions", models.BigIntegerField(default=0, verbose_name="定位数")),
                ("counts", models.JSONField(default=dict, verbose_name="条数")),
                ("samples", models.JSONField(default=dict, verbose_name="样本")),
                ("error", models.CharField(blank=True, max_length=300, verbose_name="错误")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="提交时间")),
                ("touched_at", models.DateTimeField(auto_now=True, verbose_name="最近进展")),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="提交人",
                    ),
                ),
                (
                    "replaces",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.detectorlimit",
                        verbose_name="替代",
                    ),
                ),
            ],
            options={
                "verbose_name": "回测",
                "verbose_name_plural": "回测",
                "db_table": "backtest",
                "ordering": ["-pk"],
            },
        ),
        migrations.AddField(
            model_name="finding",
            name="limit_row",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="datacenter.detectorlimit",
                verbose_name="判定参数行",
            ),
        ),
        migrations.AddIndex(
            model_name="detectorlimit",
            index=models.Index(fields=["detector", "valid_until"], name="detector_limit_valid"),
        ),
        migrations.AddConstraint(
            model_name="detectorlimit",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("time_from__isnull", True), ("time_until__isnull", True)),
                    models.Q(("time_from__isnull", False), ("time_until__isnull", False)),
                    _connector="OR",
                ),
                name="detector_limit_hours_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="detectorlimit",
            constraint=models.CheckConstraint(
                condition=models.Q(("weekdays__gte", 1), ("weekdays__lte", 127)), name="detector_limit_some_day"
            ),
        ),
        migrations.AddConstraint(
            model_name="backtest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["waiting", "running"])),
                fields=("created_by",),
                name="backtest_one_at_a_time",
            ),
        ),
        migrations.RunSQL(WALLS, migrations.RunSQL.noop),
        migrations.RunSQL(HISTORY, UNDO),
    ]
