"""Trips and sign-ins are judged once; what a trip's track said stays beside it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("taxi", "0002_walls")]

    operations = [
        migrations.AddField(
            model_name="shift",
            name="judge_after",
            field=models.DateTimeField(blank=True, null=True, verbose_name="推迟判定至"),
        ),
        migrations.AddField(
            model_name="shift",
            name="judged_at",
            field=models.DateTimeField(blank=True, help_text="空为尚未判定", null=True, verbose_name="判定时间"),
        ),
        migrations.AddField(
            model_name="trip",
            name="alight_cell",
            field=models.IntegerField(blank=True, null=True, verbose_name="下车网格"),
        ),
        migrations.AddField(
            model_name="trip",
            name="board_cell",
            field=models.IntegerField(blank=True, null=True, verbose_name="上车网格"),
        ),
        migrations.AddField(
            model_name="trip",
            name="judge_after",
            field=models.DateTimeField(blank=True, null=True, verbose_name="推迟判定至"),
        ),
        migrations.AddField(
            model_name="trip",
            name="judged_at",
            field=models.DateTimeField(blank=True, help_text="空为尚未判定", null=True, verbose_name="判定时间"),
        ),
        migrations.AddField(
            model_name="trip",
            name="tracked_m",
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name="轨迹里程 m"),
        ),
        migrations.AddField(
            model_name="trip",
            name="unseen_m",
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name="轨迹间断中可能的里程 m"),
        ),
        migrations.AddIndex(
            model_name="shift",
            index=models.Index(
                condition=models.Q(("judged_at__isnull", True)), fields=["received_at"], name="taxi_shift_unjudged"
            ),
        ),
        migrations.AddIndex(
            model_name="trip",
            index=models.Index(
                condition=models.Q(("judged_at__isnull", True)), fields=["received_at"], name="taxi_trip_unjudged"
            ),
        ),
        migrations.AddIndex(
            model_name="trip",
            index=models.Index(
                condition=models.Q(("tracked_m__isnull", False)),
                fields=["board_cell", "alight_cell", "-boarded_at"],
                name="taxi_trip_cells",
            ),
        ),
    ]
