"""Events that wait to be told again, with their wall; photos that are judged as they come."""

import django.db.models.deletion
from django.db import migrations, models

# Whose a row is stands in its vehicle (see 0003_walls); of a vehicle that is no more, the city's.
_RULE = "(current_setting('app.scope', true) = 'city' OR vehicle_id IN (SELECT id FROM vehicle))"
WALLS = (
    "ALTER TABLE untold_event ENABLE ROW LEVEL SECURITY;\n"
    "ALTER TABLE untold_event FORCE ROW LEVEL SECURITY;\n"
    f"CREATE POLICY scope ON untold_event USING ({_RULE}) WITH CHECK ({_RULE});"
)
# Photos from before are nobody's lead any more: no verdict, and none is waited for.
PASSED = (
    "SELECT set_config('app.scope', 'city', true);\n"
    "UPDATE media_file SET judged_at = received_at WHERE kind = 'image' AND source IN ('photo', 'taxi_photo');"
)


class Migration(migrations.Migration):
    dependencies = [
        ("datacenter", "0022_elsewhere"),
    ]

    operations = [
        migrations.CreateModel(
            name="UntoldEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rule", models.CharField(max_length=40, verbose_name="规则代码")),
                ("reference", models.CharField(max_length=80, verbose_name="来源")),
                ("at", models.BigIntegerField(verbose_name="时刻（unix）")),
                ("told", models.JSONField(verbose_name="事件")),
                ("failed_at", models.DateTimeField(verbose_name="首次失败")),
                ("attempts", models.PositiveSmallIntegerField(default=1, verbose_name="尝试次数")),
                ("tried_at", models.DateTimeField(verbose_name="最近尝试")),
                ("next_try_at", models.DateTimeField(null=True, verbose_name="下次尝试")),
                ("last_error", models.CharField(max_length=300, verbose_name="最近错误")),
            ],
            options={
                "verbose_name": "待入库事件",
                "verbose_name_plural": "待入库事件",
                "db_table": "untold_event",
                "ordering": ["-failed_at", "-pk"],
            },
        ),
        migrations.AddField(
            model_name="mediafile",
            name="judge_tries",
            field=models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="遮挡判断次数"),
        ),
        migrations.AddField(
            model_name="mediafile",
            name="judged_at",
            field=models.DateTimeField(null=True, verbose_name="遮挡判断时间"),
        ),
        migrations.AddField(
            model_name="mediafile",
            name="verdict",
            field=models.JSONField(null=True, verbose_name="遮挡判断"),
        ),
        migrations.RunSQL(PASSED, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="mediafile",
            index=models.Index(
                condition=models.Q(("judged_at", None), ("kind", "image"), ("source__in", ("photo", "taxi_photo"))),
                fields=["judge_tries", "id"],
                name="media_file_to_judge",
            ),
        ),
        migrations.AddField(
            model_name="untoldevent",
            name="vehicle",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="datacenter.vehicle",
                verbose_name="车辆",
            ),
        ),
        migrations.AddIndex(
            model_name="untoldevent",
            index=models.Index(fields=["next_try_at"], name="untold_event_due"),
        ),
        migrations.AddConstraint(
            model_name="untoldevent",
            constraint=models.UniqueConstraint(fields=("rule", "vehicle", "reference", "at"), name="untold_event_once"),
        ),
        migrations.RunSQL(WALLS, migrations.RunSQL.noop),
    ]
