"""The screening desk: items that wait for a look, the answers, and its figures; with their walls."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

# Companies have no desk: city and county only. An answer belongs where its item belongs.
_CITY = "current_setting('app.scope', true) = 'city'"
_COUNTY = "(current_setting('app.scope', true) = 'county' AND county_id = current_setting('app.scope_id', true))"
_RULES = {
    "review_item": f"({_CITY} OR {_COUNTY})",
    "review": f"({_CITY} OR item_id IN (SELECT id FROM review_item))",
}
WALLS = "\n".join(
    f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;\n"
    f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY;\n"
    f"CREATE POLICY scope ON {table} USING ({rule}) WITH CHECK ({rule});"
    for table, rule in _RULES.items()
)
APPEND_ONLY = (
    "CREATE TRIGGER review_append_only BEFORE UPDATE OR DELETE ON review "
    "FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();"
)


class Migration(migrations.Migration):
    dependencies = [
        ("datacenter", "0019_needs_screening"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReviewItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("detector", models.CharField(max_length=40, verbose_name="规则代码")),
                ("company_id", models.BigIntegerField(null=True)),
                ("county_id", models.CharField(max_length=6, null=True, verbose_name="县区")),
                ("practitioner_id", models.BigIntegerField(null=True, verbose_name="驾驶员编号")),
                ("plate", models.CharField(blank=True, max_length=10, verbose_name="车牌号")),
                (
                    "plate_colour",
                    models.PositiveSmallIntegerField(
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
                ("driver_name", models.CharField(blank=True, max_length=40, verbose_name="驾驶员")),
                ("county_rule", models.CharField(blank=True, max_length=80, verbose_name="派发依据")),
                ("boundary_unconfirmed", models.BooleanField(default=False, verbose_name="边界待确认")),
                ("awaits_case", models.BooleanField(default=False, verbose_name="确认后立案")),
                ("score", models.PositiveSmallIntegerField(default=0, verbose_name="分值")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "待排查"),
                            ("disputed", "意见不一"),
                            ("confirmed", "已确认"),
                            ("rejected", "已排除"),
                            ("withdrawn", "已撤销"),
                        ],
                        default="waiting",
                        max_length=12,
                        verbose_name="状态",
                    ),
                ),
                ("reviews_wanted", models.PositiveSmallIntegerField(default=1, verbose_name="应排查次数")),
                ("leased_at", models.DateTimeField(null=True, verbose_name="取走时间")),
                ("leased_until", models.DateTimeField(null=True, verbose_name="占用至")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="进入时间")),
                ("settled_at", models.DateTimeField(null=True, verbose_name="结论时间")),
                (
                    "finding",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="review_item",
                        to="datacenter.finding",
                        verbose_name="疑似违规",
                    ),
                ),
                (
                    "leased_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="排查人",
                    ),
                ),
                (
                    "vehicle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.vehicle",
                        verbose_name="车辆",
                    ),
                ),
            ],
            options={
                "verbose_name": "待排查",
                "verbose_name_plural": "待排查",
                "db_table": "review_item",
            },
        ),
        migrations.CreateModel(
            name="Review",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(verbose_name="时间")),
                (
                    "answer",
                    models.CharField(
                        choices=[("confirmed", "确认"), ("rejected", "排除"), ("skipped", "略过")],
                        max_length=12,
                        verbose_name="意见",
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("drift", "定位漂移、轨迹失真"),
                            ("device", "终端或传感器故障"),
                            ("unclear", "影像不清，无法认定"),
                            ("false_alarm", "终端误报"),
                            ("limit", "限值或围栏与实际不符"),
                            ("lawful", "有正当理由（避险、执行任务）"),
                            ("wrong_subject", "车辆或驾驶员信息有误"),
                            ("duplicate", "与已有记录重复"),
                            ("other", "其他（请在备注说明）"),
                        ],
                        max_length=16,
                        verbose_name="排除原因",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="备注")),
                ("seconds", models.PositiveIntegerField(verbose_name="用时 s")),
                ("marked_at", models.DateTimeField(null=True, verbose_name="标记时刻")),
                ("marked_offset_ms", models.PositiveIntegerField(null=True, verbose_name="片内位置 ms")),
                ("blind", models.BooleanField(default=False, verbose_name="双人盲评")),
                ("deciding", models.BooleanField(default=False, verbose_name="裁定")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="排查人",
                    ),
                ),
                (
                    "marked_file",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.mediafile",
                        verbose_name="标记的影像",
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reviews",
                        to="datacenter.reviewitem",
                        verbose_name="待排查",
                    ),
                ),
            ],
            options={
                "verbose_name": "排查意见",
                "verbose_name_plural": "排查意见",
                "db_table": "review",
                "ordering": ["at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="ScreeningSetting",
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
                "verbose_name": "排查参数",
                "verbose_name_plural": "排查参数",
                "db_table": "screening_setting",
                "ordering": ["code"],
            },
        ),
        migrations.AddIndex(
            model_name="reviewitem",
            index=models.Index(
                condition=models.Q(("state__in", ("waiting", "disputed"))),
                fields=["-awaits_case", "-score", "created_at", "id"],
                name="review_item_queue",
            ),
        ),
        migrations.AddIndex(
            model_name="reviewitem",
            index=models.Index(
                condition=models.Q(("state__in", ("waiting", "disputed"))),
                fields=["county_id", "-awaits_case", "-score", "created_at", "id"],
                name="review_item_county_queue",
            ),
        ),
        migrations.AddIndex(
            model_name="reviewitem",
            index=models.Index(
                condition=models.Q(("settled_at__isnull", False)), fields=["-settled_at"], name="review_item_settled"
            ),
        ),
        migrations.AddIndex(
            model_name="reviewitem",
            index=models.Index(fields=["practitioner_id", "-created_at"], name="review_item_driver"),
        ),
        migrations.AddIndex(
            model_name="reviewitem",
            index=models.Index(
                condition=models.Q(("leased_by__isnull", False)), fields=["leased_by"], name="review_item_lease"
            ),
        ),
        migrations.AddIndex(
            model_name="review",
            index=models.Index(fields=["by", "-at"], name="review_by"),
        ),
        migrations.AddIndex(
            model_name="review",
            index=models.Index(condition=models.Q(("blind", True)), fields=["-at"], name="review_blind"),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.UniqueConstraint(
                condition=models.Q(("answer", "skipped"), _negated=True),
                fields=("item", "by"),
                name="review_once_by_each",
            ),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answer", "rejected"), models.Q(("reason", ""), _negated=True)),
                    models.Q(models.Q(("answer", "rejected"), _negated=True), ("reason", "")),
                    _connector="OR",
                ),
                name="review_reason_of_rejection",
            ),
        ),
        migrations.RunSQL(WALLS, migrations.RunSQL.noop),
        migrations.RunSQL(APPEND_ONLY, migrations.RunSQL.noop),
    ]
