"""Which tables go over many PostgreSQL nodes with Citus, and by which column (分布式部署方案); docs/adr/0009.

Citus's rules, by its documentation (docs.citusdata.com, *Creating and Modifying Distributed Tables*, *SQL Support and
Workarounds*, *Ingesting, Modifying Data*):

- a primary or unique key of a distributed table contains the distribution column;
- a foreign key of a distributed table leads to a reference table, or to a co-located table and contains the column;
- none leads from a reference table to a distributed one, nor between a distributed and a local one;
- a local and a reference table may have keys between them (Citus 10 and later, with the coordinator in its metadata);
- triggers are not allowed on distributed and reference tables; partitions are distributed with their table.

What is **unproven**: no statement of this plan has been run on a real Citus. ``tests/tracks/test_distribution.py``
holds the plan against the catalogue of the migrated database.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

SHARD_COUNT = 128
"""Citus shards of a distributed table: its documentation advises two to four times the cores of all nodes together."""


@dataclass(frozen=True, slots=True)
class Distributed:
    """A table spread by ``column``; ``own_key`` where its primary key is the id alone and has to take the column in."""

    column: str
    colocate_with: str = "none"
    own_key: bool = False


DISTRIBUTED: dict[str, Distributed] = {
    "track_position": Distributed("vehicle_id"),
    # Its id is an integer of eight bytes where the track's is one of four: Citus co-locates equal types only.
    "track_quality": Distributed("vehicle_id", own_key=True),
    "track_cell": Distributed("cell"),
}

REFERENCE: tuple[str, ...] = (
    "county", "unit", "company", "practitioner", "certificate", "permit", "vehicle", "terminal", "driver_binding",
)  # fmt: skip
"""The registry, each behind those its foreign keys lead to. The policies of tracks ask ``vehicle`` on every node."""

LOCAL: dict[str, str] = {
    "area_vehicles": "few; whom an area binds",
    "case_file": "few; its events are chained and append-only by a trigger",
    "complaint_lost_item": "few; most are lost in no vehicle that is known",
    "complaint_order": "few; leads to case_file and its own events by their ids",
    "command": "few; claimed by FOR UPDATE SKIP LOCKED over all vehicles",
    "driving_span": "a driver's hours lie over several vehicles",
    "emergency_call": "few; the city's desk sees all",
    "exemption": "few; vehicles that a rule does not judge",
    "finding": "violation and case lead to it by its id alone",
    "instruction_item": "few; belongs to a task of one county",
    "media_file": "leads to command and safety_alarm by their ids; the bytes lie in the file storage",
    "patrol": "a handful; most have no terminal",
    "plate_read": "its vehicle may be unknown, and a distribution column can't be null",
    "quarantined_frame": "bounded; its vehicle may be unknown, and a distribution column can't be null",
    "rating_code": "few; one a taxi, read by its code",
    "raw_frame": "bounded: a day, and 200,000 frames a vehicle",
    "raw_log_switch": "a row for each vehicle that is recorded now",
    "redetection_span": "belongs to the shards' own work, and empties itself",
    "review_item": "leads to finding by its id alone; taken by SKIP LOCKED over all vehicles",
    "ride_rating": "few; read by code, device and driver",
    "roadside_check": "few; leads to case_file and its events by their ids",
    "safety_alarm": "its number is unique by itself",
    "taxi_ride": "searched by cell and time over all taxis; two thousand a second of an hour fit one server",
    "taxi_ride_progress": "a row a taxi",
    "taxi_rank_visit": "few beside positions; leads to an area, which is no reference table",
    "taxi_shift": "its binding is unique by itself",
    "taxi_trip": "few beside positions: some twenty a taxi and day",
    "terminal_report": "few beside positions; could follow, with its id and its vehicle as primary key",
    "untold_event": "few; empties itself",
    "violation": "leads to finding by its id alone",
}
"""Tables with a vehicle that stay on the coordinator, and why."""

Kind = Literal["router", "co-located", "fan-out", "coordinator", "refused"]


@dataclass(frozen=True, slots=True)
class Query:
    """How a statement on a distributed table would be carried out, and by which rule."""

    kind: Kind
    rule: str


_ONE_VEHICLE = "an equality on the distribution column: one shard, every SQL feature"
_BY_ROW = "COPY: each row is sent to the shard of its distribution column"
_NO_QUERY = "no query on rows: the catalogue, a grant or a lock, which Citus passes on to the nodes"

QUERIES: dict[str, Query] = {
    "tracks.store.append_fresh": Query("fan-out", _BY_ROW),
    "tracks.store.append_once": Query(
        "coordinator",
        "INSERT … SELECT from a temporary table with ORDER BY: pulled to the coordinator, which sends rows to their "
        "shards; ON CONFLICT on a key with the distribution column is resolved in the shard",
    ),
    "tracks.store.of_many": Query("coordinator", _NO_QUERY),
    "tracks.store._hot": Query(
        "router", f"{_ONE_VEHICLE}; of several, = ANY: each shard of theirs answers for its own"
    ),
    "tracks.store.of_spans": Query("refused", "a lateral subquery over a function's rows, with ORDER BY: as ``after``"),
    "tracks.store.latest": Query(
        "refused",
        "LIMIT in a lateral subquery that refers to a reference table or a function is not pushed down: wants a query "
        "for each vehicle, or memory that is kept elsewhere",
    ),
    "tracks.store.after": Query(
        "refused", "a lateral subquery over a function's rows, with ORDER BY: as ``latest``, until it is tried"
    ),
    "tracks.selectors.neighbouring_days": Query("router", _ONE_VEHICLE + "; both subqueries name the same vehicle"),
    "tracks.track_rows._copied": Query("refused", "COPY of a lateral join over a function's rows: as ``after``"),
    "tracks.quality_store._READ": Query("fan-out", "days of many vehicles: each shard answers for its own"),
    "tracks.quality_store._WRITE": Query(
        "coordinator",
        "INSERT … SELECT from a function: evaluated on the coordinator; ON CONFLICT on a key with the column",
    ),
    "tracks.quality_store.read_dirty": Query("fan-out", "ORDER BY and LIMIT: taken in each shard, merged above"),
    "tracks.cells.read": Query("fan-out", "cell = ANY(…): the shards of those cells"),
    "tracks.cells.write": Query("fan-out", _BY_ROW),
    "tracks.quality_selectors.quality_visible_to": Query(
        "fan-out", "a page's days of many vehicles; policies as below"
    ),
    "assessment.indicators.fleet._days": Query(
        "fan-out", "a month's days by vehicle, added up; of one company by a correlated subquery on the column"
    ),
    "tracks.archive.days.partitions": Query("coordinator", _NO_QUERY),
    "tracks.archive.reading._VISIBLE": Query("coordinator", _NO_QUERY),
    "tracks.archive.restore._takes_a_copy": Query("fan-out", "EXISTS over a day: each shard of its partition is asked"),
    "tracks.archive.seal._read": Query("fan-out", "a day's count, added up on the coordinator"),
    "tracks.archive.seal._stream": Query(
        "fan-out", "a day by ranges of vehicles in track order: merged on the coordinator; hashed ids are no ranges"
    ),
    "tracks.cell_archive._write": Query("fan-out", "a day in the order of its cells: merged on the coordinator"),
    "tracks.cell_archive.days_to_seal": Query("coordinator", _NO_QUERY),
    "tracks.cell_archive.seal": Query("coordinator", _NO_QUERY),
    "accounts.grants.apply": Query("coordinator", _NO_QUERY),
}
"""By module and function, or constant, in ``datacenter``: every place that names a distributed table."""

OBSTACLES: tuple[str, ...] = (
    "Row-level security of distributed tables is judged on the workers, and what a request's scope is (set_config "
    "app.scope) is not sent there: readers other than ingest would see no row. Citus sends SET LOCAL where "
    "citus.propagate_set_commands is 'local'; accounts/scope.py uses set_config.",
    "tracks.store.latest, .after and tracks.track_rows use LATERAL over a list of vehicles, which Citus refuses.",
    "Positions, findings and cases commit together: with positions on other nodes this is a two-phase commit a batch.",
    "A day changes from table to archive under a lock of track_position that readers share: on nodes it must hold too.",
)
"""What stands between this plan and a running system, as far as the rules say; none of it was tried."""


def statements(shard_count: int = SHARD_COUNT) -> Iterator[str]:
    """The plan as SQL for the coordinator, in order; one transaction."""
    yield "BEGIN"
    # Afterwards the connection between nodes does one thing at a time: keys are checked across tables.
    yield "SET LOCAL citus.multi_shard_modify_mode = 'sequential'"
    yield f"SET LOCAL citus.shard_count = {shard_count}"
    for table in REFERENCE:
        yield f"SELECT create_reference_table('{table}')"
    for table, how in DISTRIBUTED.items():
        if how.own_key:
            yield (
                f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey,"
                f" ADD CONSTRAINT {table}_pkey PRIMARY KEY ({how.column}, id)"
            )
        yield f"SELECT create_distributed_table('{table}', '{how.column}', colocate_with => '{how.colocate_with}')"
    yield "COMMIT"
