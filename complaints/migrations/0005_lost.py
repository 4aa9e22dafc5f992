"""Lost and found things and how they came back, with their walls: a thing is its vehicle's, or the city's."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

_ITEMS = "scope_allows(county_id, company_id, vehicle_id)"
_DONE = "EXISTS (SELECT 1 FROM complaint_lost_item p WHERE p.id = complaint_hand_over.item_id)"
WALLS = "".join(
    f"""
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON {table} USING ({rule}) WITH CHECK ({rule});
"""
    for table, rule in (("complaint_lost_item", _ITEMS), ("complaint_hand_over", _DONE))
)
APPEND_ONLY = """
CREATE TRIGGER complaint_hand_over_append_only BEFORE UPDATE OR DELETE ON complaint_hand_over
FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0004_handling_walls"),
        ("datacenter", "0031_credit"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="LostItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "side",
                    models.CharField(
                        choices=[("lost", "报失"), ("found", "拾到")], max_length=6, verbose_name="登记类型"
                    ),
                ),
                (
                    "found_by",
                    models.CharField(
                        blank=True,
                        choices=[("driver", "驾驶员"), ("passenger", "乘客"), ("other", "其他")],
                        max_length=10,
                        verbose_name="拾到人",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("phone", "手机"),
                            ("wallet", "钱包、现金"),
                            ("document", "证件、银行卡"),
                            ("bag", "背包、手提包"),
                            ("luggage", "行李箱"),
                            ("electronics", "电脑、数码"),
                            ("keys", "钥匙"),
                            ("clothes", "衣物、眼镜"),
                            ("other", "其他"),
                        ],
                        max_length=12,
                        verbose_name="物品类别",
                    ),
                ),
                (
                    "colour",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("black", "黑"),
                            ("white", "白"),
                            ("grey", "灰、银"),
                            ("red", "红、粉"),
                            ("blue", "蓝"),
                            ("green", "绿"),
                            ("yellow", "黄、金"),
                            ("brown", "棕"),
                            ("mixed", "多色"),
                        ],
                        max_length=8,
                        verbose_name="颜色",
                    ),
                ),
                ("description", models.CharField(max_length=300, verbose_name="特征描述")),
                ("happened_at", models.DateTimeField(verbose_name="遗失或拾到时间")),
                ("place", models.CharField(blank=True, max_length=120, verbose_name="地点")),
                ("person_name", models.CharField(blank=True, max_length=40, verbose_name="联系人")),
                ("person_phone", models.CharField(blank=True, max_length=20, verbose_name="联系电话")),
                ("photo_path", models.CharField(blank=True, max_length=120, verbose_name="照片")),
                ("photo_sha256", models.CharField(blank=True, max_length=64, verbose_name="照片 SHA-256")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "查找中"),
                            ("located", "已找到"),
                            ("returned", "已交还"),
                            ("closed", "未找到结案"),
                        ],
                        default="open",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("registered_at", models.DateTimeField(verbose_name="登记时间")),
                ("located_at", models.DateTimeField(blank=True, null=True, verbose_name="找到时间")),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="结案时间")),
                ("closing_note", models.CharField(blank=True, max_length=300, verbose_name="结案说明")),
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
                    "match",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="matched_by",
                        to="complaints.lostitem",
                        verbose_name="对应的拾到物",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lost_items",
                        to="complaints.order",
                        verbose_name="热线工单",
                    ),
                ),
                (
                    "practitioner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datacenter.practitioner",
                        verbose_name="驾驶员",
                    ),
                ),
                (
                    "registered_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="登记人",
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
                "verbose_name": "失物登记",
                "verbose_name_plural": "失物登记",
                "db_table": "complaint_lost_item",
                "ordering": ["-registered_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="HandOver",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("receiver_name", models.CharField(max_length=40, verbose_name="领取人")),
                ("receiver_identity", models.CharField(max_length=18, verbose_name="证件号（脱敏）")),
                ("signature_path", models.CharField(max_length=120, verbose_name="签名")),
                ("signature_sha256", models.CharField(max_length=64, verbose_name="签名 SHA-256")),
                ("at", models.DateTimeField(verbose_name="交还时间")),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="说明")),
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
                    "item",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="hand_over",
                        to="complaints.lostitem",
                        verbose_name="失物",
                    ),
                ),
            ],
            options={
                "verbose_name": "失物交还",
                "verbose_name_plural": "失物交还",
                "db_table": "complaint_hand_over",
            },
        ),
        migrations.AddIndex(
            model_name="lostitem",
            index=models.Index(fields=["-registered_at", "-id"], name="complaint_lost_time"),
        ),
        migrations.AddIndex(
            model_name="lostitem",
            index=models.Index(fields=["side", "kind", "-happened_at"], name="complaint_lost_alike"),
        ),
        migrations.AddConstraint(
            model_name="lostitem",
            constraint=models.CheckConstraint(
                condition=models.Q(("match__isnull", True), ("side", "lost"), _connector="OR"),
                name="complaint_lost_match_side",
            ),
        ),
        migrations.AddConstraint(
            model_name="lostitem",
            constraint=models.CheckConstraint(
                condition=models.Q(("side", "lost"), models.Q(("found_by", ""), _negated=True), _connector="OR"),
                name="complaint_lost_has_finder",
            ),
        ),
        migrations.RunSQL(WALLS, migrations.RunSQL.noop),
        migrations.RunSQL(APPEND_ONLY, "DROP TRIGGER complaint_hand_over_append_only ON complaint_hand_over;"),
    ]
