"""Where was it, and track quality: positions on their way, the index by cell and slot, figures by vehicle and day."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

_CITY = "current_setting('app.scope', true) = 'city'"
_VEHICLE = f"({_CITY} OR vehicle_id IN (SELECT id FROM vehicle))"

# Chunks and cells hold many vehicles in one row: only the city's scope opens them, and who asks for less is shown the
# vehicles of its own (tracks.passed).
TABLES = """
CREATE TABLE track_chunk (
    id       bigserial PRIMARY KEY,
    kept_at  timestamptz NOT NULL DEFAULT now(),
    shard    integer NOT NULL,
    rows     integer NOT NULL,
    min_time bigint NOT NULL,
    max_time bigint NOT NULL,
    payload  bytea NOT NULL
);
ALTER TABLE track_chunk ALTER COLUMN payload SET STORAGE EXTERNAL;
COMMENT ON TABLE track_chunk IS 'Newly stored positions that the follower has not taken up yet: packed columns, 20 bytes each; times in unix seconds';

CREATE TABLE track_cell (
    day     date NOT NULL,
    slot    smallint NOT NULL,
    cell    bigint NOT NULL,
    rows    integer NOT NULL,
    payload bytea NOT NULL
) PARTITION BY RANGE (day);
ALTER TABLE track_cell ALTER COLUMN payload SET STORAGE EXTERNAL;
CREATE INDEX track_cell_place ON track_cell (cell, slot);
COMMENT ON TABLE track_cell IS 'Which vehicles passed a cell in ten minutes of a day: records of 28 bytes (tracks/cells.py)';

-- Rewritten by each run of the follower: room on the page keeps the new version beside the old.
ALTER TABLE track_quality SET (fillfactor = 60);

CREATE FUNCTION track_make_cell_partition(day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    name text := 'track_cell_' || to_char(day, 'YYYYMMDD');
BEGIN
    IF to_regclass(name) IS NOT NULL THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('track_make_cell_partition'));
    IF to_regclass(name) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE %I PARTITION OF track_cell FOR VALUES FROM (%L) TO (%L)', name, day, day + 1);
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION track_make_cell_partition(date) FROM PUBLIC;

CREATE FUNCTION track_drop_cell_partition(day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    EXECUTE format('DROP TABLE IF EXISTS %I', 'track_cell_' || to_char(day, 'YYYYMMDD'));
END $$;
REVOKE ALL ON FUNCTION track_drop_cell_partition(date) FROM PUBLIC;
"""
WALLS = "\n".join(
    f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;\n"
    f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY;\n"
    f"CREATE POLICY scope ON {table} USING ({rule}) WITH CHECK ({rule});"
    for table, rule in {"track_chunk": _CITY, "track_cell": _CITY, "track_quality": _VEHICLE}.items()
)
UNDO = """
DROP TABLE track_chunk; DROP TABLE track_cell;
DROP FUNCTION track_make_cell_partition(date); DROP FUNCTION track_drop_cell_partition(date);
"""


class Migration(migrations.Migration):
    dependencies = [("datacenter", "0011_track_archive")]

    operations = [
        migrations.CreateModel(
            name="TrackQuality",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(verbose_name="日期")),
                ("reports", models.IntegerField(verbose_name="接收定位数")),
                ("qualified", models.IntegerField(verbose_name="合格定位数")),
                ("drift", models.IntegerField(verbose_name="漂移定位数")),
                ("online_s", models.IntegerField(verbose_name="在线时长 s")),
                ("distance_mm", models.BigIntegerField(verbose_name="里程 mm")),
                ("complete_mm", models.BigIntegerField(verbose_name="完整轨迹里程 mm")),
                ("first_at", models.DateTimeField(verbose_name="首次上报")),
                ("last_at", models.DateTimeField(verbose_name="末次上报")),
                ("last_fix_at", models.DateTimeField(null=True, verbose_name="末次有效定位")),
                ("first_latitude_e6", models.IntegerField(null=True, verbose_name="首点纬度 1e-6°")),
                ("first_longitude_e6", models.IntegerField(null=True, verbose_name="首点经度 1e-6°")),
                ("last_latitude_e6", models.IntegerField(null=True, verbose_name="末点纬度 1e-6°")),
                ("last_longitude_e6", models.IntegerField(null=True, verbose_name="末点经度 1e-6°")),
                ("dirty", models.BooleanField(default=False, verbose_name="待重算")),
                (
                    "vehicle",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="datacenter.vehicle",
                        verbose_name="车辆",
                    ),
                ),
            ],
            options={
                "verbose_name": "轨迹质量",
                "verbose_name_plural": "轨迹质量",
                "db_table": "track_quality",
                "indexes": [
                    models.Index(fields=["vehicle", "-day"], name="track_quality_vehicle"),
                    models.Index(condition=models.Q(("dirty", True)), fields=["day"], name="track_quality_dirty"),
                ],
                "constraints": [models.UniqueConstraint(fields=("day", "vehicle"), name="track_quality_once")],
            },
        ),
        migrations.CreateModel(
            name="TrackQualityLimit",
            fields=[
                (
                    "code",
                    models.CharField(max_length=30, primary_key=True, serialize=False, verbose_name="代码"),
                ),
                ("title", models.CharField(max_length=60, verbose_name="名称")),
                ("value", models.PositiveIntegerField(verbose_name="值")),
                ("unit", models.CharField(max_length=10, verbose_name="单位")),
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
                "verbose_name": "轨迹质量参数",
                "verbose_name_plural": "轨迹质量参数",
                "db_table": "track_quality_limit",
                "ordering": ["code"],
            },
        ),
        migrations.CreateModel(
            name="CellArchive",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False, verbose_name="日期")),
                ("path", models.CharField(max_length=200, verbose_name="文件")),
                ("rows", models.BigIntegerField(verbose_name="行数")),
                ("size_bytes", models.BigIntegerField(verbose_name="字节数")),
                ("checksum", models.CharField(max_length=64, verbose_name="内容校验")),
                ("sealed_at", models.DateTimeField(auto_now_add=True, verbose_name="归档时间")),
            ],
            options={
                "verbose_name": "经过索引归档",
                "verbose_name_plural": "经过索引归档",
                "db_table": "track_cell_archive",
            },
        ),
        migrations.RunSQL(TABLES, UNDO),
        migrations.RunSQL(WALLS, migrations.RunSQL.noop),
    ]
