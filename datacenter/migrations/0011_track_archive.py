"""The archive's manifest, and the two steps of a flip that only the owner may take (ADR 0006).

The manifest has no policy: it says which day lies where, and of vehicles only that they have rows.
"""

from django.db import migrations, models

FUNCTIONS = """
-- Every flip of the manifest goes through here, every reader holds the table shared: the two never overlap.
CREATE FUNCTION track_flip_lock() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    LOCK TABLE track_position IN ACCESS EXCLUSIVE MODE;
END $$;
REVOKE ALL ON FUNCTION track_flip_lock() FROM PUBLIC;

-- Only of a day that the same transaction, or an earlier one, has declared sealed.
CREATE FUNCTION track_drop_partition(day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    name text := 'track_position_' || to_char(day, 'YYYYMMDD');
BEGIN
    IF NOT EXISTS (SELECT FROM track_day d WHERE d.day = track_drop_partition.day AND d.state = 'sealed') THEN
        RAISE EXCEPTION 'the tracks of % are not sealed', day USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    IF to_regclass(name) IS NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('DROP TABLE %I', name);
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION track_drop_partition(date) FROM PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [("datacenter", "0010_raw_log")]

    operations = [
        migrations.CreateModel(
            name="TrackDay",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False, verbose_name="日期")),
                (
                    "state",
                    models.CharField(
                        choices=[("hot", "在库"), ("sealed", "已归档")],
                        db_default="hot",
                        default="hot",
                        max_length=8,
                        verbose_name="状态",
                    ),
                ),
                ("writes", models.BigIntegerField(db_default=0, default=0, verbose_name="迟到写入次数")),
                ("scanned_writes", models.BigIntegerField(null=True, verbose_name="扫描时的写入次数")),
                ("generation", models.PositiveIntegerField(db_default=0, default=0, verbose_name="代次")),
                ("rows", models.BigIntegerField(db_default=0, default=0, verbose_name="行数")),
                ("hot_until", models.DateTimeField(null=True, verbose_name="在库截止")),
                ("sealed_at", models.DateTimeField(null=True, verbose_name="归档时间")),
                ("restored_at", models.DateTimeField(null=True, verbose_name="恢复时间")),
            ],
            options={
                "verbose_name": "轨迹日",
                "verbose_name_plural": "轨迹日",
                "db_table": "track_day",
                "ordering": ["-day"],
            },
        ),
        migrations.CreateModel(
            name="ArchiveFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(verbose_name="日期")),
                ("generation", models.PositiveIntegerField(verbose_name="代次")),
                ("path", models.CharField(max_length=200, verbose_name="路径")),
                (
                    "state",
                    models.CharField(
                        choices=[("written", "已写入"), ("sealed", "已生效")], max_length=8, verbose_name="状态"
                    ),
                ),
                ("vehicle_first", models.IntegerField(verbose_name="首车")),
                ("vehicle_last", models.IntegerField(verbose_name="末车")),
                ("rows", models.BigIntegerField(verbose_name="行数")),
                ("bytes", models.BigIntegerField(verbose_name="字节数")),
                ("digest", models.CharField(max_length=64, verbose_name="内容摘要")),
                ("sha256", models.CharField(max_length=64, verbose_name="文件 SHA-256")),
                ("footer_bytes", models.PositiveIntegerField(verbose_name="文件尾字节数")),
                ("footer_hash", models.CharField(max_length=64, verbose_name="文件尾散列")),
                ("groups", models.BinaryField(verbose_name="行组")),
                ("vehicles", models.BinaryField(verbose_name="车辆")),
                ("written_at", models.DateTimeField(auto_now_add=True, verbose_name="写入时间")),
            ],
            options={
                "verbose_name": "归档文件",
                "verbose_name_plural": "归档文件",
                "db_table": "archive_file",
                "ordering": ["day", "vehicle_first"],
                "constraints": [
                    models.UniqueConstraint(fields=("day", "generation", "vehicle_first"), name="archive_file_once")
                ],
            },
        ),
        migrations.RunSQL(FUNCTIONS, "DROP FUNCTION track_drop_partition(date); DROP FUNCTION track_flip_lock();"),
    ]
