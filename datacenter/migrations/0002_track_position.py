"""The track table: partitioned by Shanghai's day, made ahead by a function that runs with its owner's rights."""

from django.db import migrations

TABLE = """
CREATE TABLE track_position (
    device_time  timestamptz NOT NULL,
    received_at  timestamptz NOT NULL,
    body_hash    bigint      NOT NULL,
    vehicle_id   integer     NOT NULL,
    latitude_e6  integer     NOT NULL,
    longitude_e6 integer     NOT NULL,
    alarm        integer     NOT NULL,
    status       integer     NOT NULL,
    mileage_dkm  integer,
    speed_dkmh   integer     NOT NULL,
    bearing_deg  smallint    NOT NULL,
    altitude_m   integer     NOT NULL,
    flags        smallint    NOT NULL,
    extras       bytea
) PARTITION BY RANGE (device_time);

CREATE UNIQUE INDEX track_position_identity ON track_position (vehicle_id, device_time, body_hash);

COMMENT ON TABLE track_position IS 'JT/T 808 0x0200; alarm and status are the wire''s 32 bits as signed integers; latitude and longitude in 1e-6 degree WGS-84, signed; mileage in 0.1 km; speed in 0.1 km/h';

CREATE FUNCTION track_make_partition(day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    name text := 'track_position_' || to_char(day, 'YYYYMMDD');
BEGIN
    IF to_regclass(name) IS NOT NULL THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('track_make_partition'));
    IF to_regclass(name) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format(
        'CREATE TABLE %I PARTITION OF track_position FOR VALUES FROM (%L) TO (%L)', name,
        day::timestamp AT TIME ZONE 'Asia/Shanghai', (day + 1)::timestamp AT TIME ZONE 'Asia/Shanghai');
    -- Rows only ever come; analyse after a tenth of a day's worth, freeze early.
    EXECUTE format('ALTER TABLE %I SET (autovacuum_vacuum_insert_scale_factor = 0.2)', name);
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION track_make_partition(date) FROM PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [("datacenter", "0001_spine")]
    operations = [migrations.RunSQL(TABLE, "DROP TABLE track_position; DROP FUNCTION track_make_partition(date);")]
