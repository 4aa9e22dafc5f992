"""Patrols, orders to them from online cases, their steps; with their walls."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# A patrol without a county works in the whole city: every county may send it an order, and none may make one.
# An order belongs to its case's county alone: a company must not hear of a check before it.
_CITY = "current_setting('app.scope', true) = 'city'"
_COUNTY = "current_setting('app.scope', true) = 'county'"
_OWN = "scope_allows(county_id, NULL, NULL)"
_CHILD = f"{_CITY} OR EXISTS (SELECT 1 FROM roadside_check p WHERE p.id = roadside_event.check_order_id)"
# table: (who sees a row, who may write it)
_RULES = {
    "patrol": (f"{_OWN} OR (county_id IS NULL AND {_COUNTY})", _OWN),
    "roadside_check": (_OWN, _OWN),
    "roadside_event": (_CHILD, _CHILD),
}
WALLS = "\n".join(
    f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;\n"
    f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY;\n"
    f"CREATE POLICY scope ON {table} USING ({seen}) WITH CHECK ({written});"
    for table, (seen, written) in _RULES.items()
)
APPEND_ONLY = (
    "CREATE TRIGGER roadside_event_append_only BEFORE UPDATE OR DELETE ON roadside_event "
    "FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();"
)


class Migration(migrations.Migration):
    dependencies = [
        ("datacenter", "0026_instructions"),
    ]

    operations = [
        migrations.CreateModel(
            name="Patrol",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(help_text="如“巡逻 1 车”或执法车号牌", max_length=40, verbose_name="巡逻车")),
                ("active", models.BooleanField(default=True, verbose_name="启用")),
                ("on_duty", models.BooleanField(default=False, verbose_name="在勤")),
                ("on_duty_since", models.DateTimeField(blank=True, null=True, verbose_name="上勤时间")),
                (
                    "sharing",
                    models.BooleanField(
                        default=False, help_text="执法人员在手机页上同意后开启，可随时关闭", verbose_name="共享位置"
                    ),
                ),
                ("latitude_e6", models.IntegerField(blank=True, null=True, verbose_name="纬度 1e-6°")),
                ("longitude_e6", models.IntegerField(blank=True, null=True, verbose_name="经度 1e-6°")),
                ("accuracy_m", models.PositiveIntegerField(blank=True, null=True, verbose_name="精度 m")),
                ("located_at", models.DateTimeField(blank=True, null=True, verbose_name="定位时间")),
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
                    "officer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="带车执法人员",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.unit",
                        verbose_name="执法队",
                    ),
                ),
                (
                    "vehicle",
                    models.ForeignKey(
                        blank=True,
                        help_text="执法车装有登记的终端时填写，位置取自终端",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.vehicle",
                        verbose_name="车载终端的车辆",
                    ),
                ),
            ],
            options={
                "verbose_name": "执法巡逻",
                "verbose_name_plural": "执法巡逻",
                "db_table": "patrol",
                "ordering": ["team_id", "name"],
            },
        ),
        migrations.CreateModel(
            name="RoadsideCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("plate", models.CharField(max_length=10, verbose_name="车牌号")),
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
                ("suspected", models.CharField(max_length=80, verbose_name="涉嫌")),
                ("request", models.CharField(blank=True, max_length=300, verbose_name="核查要求")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("sent", "待接单"),
                            ("accepted", "前往中"),
                            ("declined", "已拒单"),
                            ("answered", "已反馈"),
                            ("expired", "已过期"),
                            ("withdrawn", "已撤回"),
                        ],
                        default="sent",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("ordered_at", models.DateTimeField(verbose_name="派单时间")),
                ("expires_at", models.DateTimeField(verbose_name="有效期至")),
                ("distance_m", models.PositiveIntegerField(blank=True, null=True, verbose_name="派单时直线距离 m")),
                ("accepted_at", models.DateTimeField(blank=True, null=True, verbose_name="接单时间")),
                ("declined_at", models.DateTimeField(blank=True, null=True, verbose_name="拒单时间")),
                (
                    "decline_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("busy", "正在处理其他任务"),
                            ("far", "距离过远，无法按时到达"),
                            ("shift", "即将交班"),
                            ("vehicle", "车辆或设备故障"),
                            ("other", "其他（请说明）"),
                        ],
                        max_length=10,
                        verbose_name="拒单原因",
                    ),
                ),
                ("answered_at", models.DateTimeField(blank=True, null=True, verbose_name="反馈时间")),
                ("found", models.BooleanField(blank=True, null=True, verbose_name="找到车辆")),
                ("as_suspected", models.BooleanField(blank=True, null=True, verbose_name="与涉嫌情况相符")),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="说明")),
                (
                    "answer_key",
                    models.CharField(
                        blank=True, help_text="同一次提交重发时不变，只记一次", max_length=40, verbose_name="提交编号"
                    ),
                ),
                (
                    "answered_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="反馈人",
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.case",
                        verbose_name="案件",
                    ),
                ),
                (
                    "case_event",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.caseevent",
                        verbose_name="办理记录",
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
                    "ordered_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="派单人",
                    ),
                ),
                (
                    "patrol",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="checks",
                        to="datacenter.patrol",
                        verbose_name="执法巡逻",
                    ),
                ),
                (
                    "previous",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="next",
                        to="datacenter.roadsidecheck",
                        verbose_name="上一单",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.unit",
                        verbose_name="执法队",
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
            ],
            options={
                "verbose_name": "路面核查单",
                "verbose_name_plural": "路面核查单",
                "db_table": "roadside_check",
                "ordering": ["-ordered_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="RoadsideEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(verbose_name="时间")),
                (
                    "verb",
                    models.CharField(
                        choices=[
                            ("order", "派单"),
                            ("accept", "接单"),
                            ("decline", "拒单"),
                            ("answer", "反馈"),
                            ("expire", "过期"),
                            ("withdraw", "撤回"),
                        ],
                        max_length=10,
                        verbose_name="动作",
                    ),
                ),
                ("by_name", models.CharField(max_length=120, verbose_name="经办")),
                ("note", models.TextField(blank=True, verbose_name="说明")),
                ("facts", models.JSONField(blank=True, default=dict, verbose_name="内容")),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="经办人",
                    ),
                ),
                (
                    "check_order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="datacenter.roadsidecheck",
                        verbose_name="路面核查单",
                    ),
                ),
            ],
            options={
                "verbose_name": "核查单办理记录",
                "verbose_name_plural": "核查单办理记录",
                "db_table": "roadside_event",
                "ordering": ["at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="RoadsideSetting",
            fields=[
                ("code", models.CharField(max_length=30, primary_key=True, serialize=False, verbose_name="代码")),
                ("title", models.CharField(max_length=60, verbose_name="名称")),
                ("value", models.PositiveIntegerField(verbose_name="值")),
                ("unit", models.CharField(blank=True, max_length=10, verbose_name="单位")),
                ("source", models.CharField(max_length=300, verbose_name="依据")),
                ("source_verified", models.BooleanField(default=False, verbose_name="依据已核实")),
                ("changed_at", models.DateTimeField(auto_now=True, verbose_name="修改时间")),
                (
                    "changed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="修改人",
                    ),
                ),
            ],
            options={
                "verbose_name": "路面核查参数",
                "verbose_name_plural": "路面核查参数",
                "db_table": "roadside_setting",
                "ordering": ["code"],
            },
        ),
        migrations.AddConstraint(
            model_name="patrol",
            constraint=models.UniqueConstraint(fields=("team", "name"), name="patrol_name_once"),
        ),
        migrations.AddConstraint(
            model_name="patrol",
            constraint=models.UniqueConstraint(
                condition=models.Q(("on_duty", True)), fields=("officer",), name="patrol_officer_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="patrol",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("on_duty", True), ("sharing", True)),
                    models.Q(("latitude_e6", None), ("located_at", None), ("longitude_e6", None)),
                    _connector="OR",
                ),
                name="patrol_place_only_while_shared",
            ),
        ),
        migrations.AddIndex(
            model_name="roadsidecheck",
            index=models.Index(fields=["-ordered_at", "-id"], name="roadside_check_ordered"),
        ),
        migrations.AddIndex(
            model_name="roadsidecheck",
            index=models.Index(fields=["case", "-ordered_at"], name="roadside_check_case"),
        ),
        migrations.AddIndex(
            model_name="roadsidecheck",
            index=models.Index(fields=["team", "state", "-ordered_at"], name="roadside_check_team"),
        ),
        migrations.AddIndex(
            model_name="roadsidecheck",
            index=models.Index(
                condition=models.Q(("state", "sent")), fields=["expires_at"], name="roadside_check_expires"
            ),
        ),
        migrations.AddConstraint(
            model_name="roadsidecheck",
            constraint=models.CheckConstraint(
                condition=models.Q(("expires_at__gt", models.F("ordered_at"))), name="roadside_check_expires_later"
            ),
        ),
        migrations.AddConstraint(
            model_name="roadsidecheck",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answered_at__isnull", False), ("found__isnull", False), ("state", "answered")),
                    models.Q(models.Q(("state", "answered"), _negated=True), ("answered_at", None), ("found", None)),
                    _connector="OR",
                ),
                name="roadside_check_answered",
            ),
        ),
        migrations.AddConstraint(
            model_name="roadsidecheck",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("as_suspected__isnull", False), ("found", True)),
                    models.Q(("as_suspected", None), ("found", False)),
                    models.Q(("as_suspected", None), ("found", None)),
                    _connector="OR",
                ),
                name="roadside_check_as_suspected",
            ),
        ),
        migrations.AddIndex(
            model_name="roadsideevent",
            index=models.Index(fields=["check_order", "at"], name="roadside_event_at"),
        ),
        migrations.RunSQL(WALLS, migrations.RunSQL.noop),
        migrations.RunSQL(APPEND_ONLY, migrations.RunSQL.noop),
    ]
