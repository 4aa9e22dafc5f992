"""What each database role may do with each table (数据库授权), applied after every migration.

The web's role owns nothing and can't bypass row-level security; ingest writes for every county (DESIGN §7).
A test compares this table with the tables there are.
"""

from typing import Any

from django.conf import settings
from django.db import connections

_READ, _ADD, _WORK, _ALL = "SELECT", "SELECT, INSERT", "SELECT, INSERT, UPDATE", "SELECT, INSERT, UPDATE, DELETE"

# table: (web, ingest). Append-only tables get INSERT and no more.
GRANTS: dict[str, tuple[str, str]] = {
    "account": (_WORK, _READ),
    "account_groups": (_ALL, _READ),
    "account_user_permissions": (_ALL, _READ),
    "archive_file": (_READ, _ALL),
    "area": (_ALL, _READ),
    "area_vehicles": (_ALL, _READ),
    "assessment_correction": (_ADD, _READ),
    "assessment_month": (_WORK, _WORK),
    "assessment_score": (_ALL, _ALL),
    "assessment_setting": (_WORK, _READ),
    "assessment_standing": (_ALL, _ALL),
    "audit_record": (_ADD, _ADD),
    "auth_group": (_ALL, _READ),
    "auth_group_permissions": (_ALL, _READ),
    "auth_permission": (_READ, _READ),
    "backtest": (_WORK, _WORK),
    "calendar_day": (_ALL, _READ),
    "case_attachment": (_ADD, _ADD),
    "case_dispatch": (_WORK, _WORK),
    "case_event": (_ADD, _ADD),
    "case_changed_day": (_ADD, _ALL),
    "case_extension": (_WORK, _WORK),
    "case_file": (_WORK, _WORK),
    "case_statistic": (_READ, _ALL),
    "case_subject": (_READ, _ADD),
    "certificate": (_ALL, _READ),
    "chain_anchor": (_READ, _ADD),
    "command": (_WORK, _WORK),
    "command_batch": (_ADD, _READ),
    "company": (_ALL, _READ),
    "county": (_READ, _READ),
    "credit_certificate": (_WORK, _READ),
    "credit_grade": (_ADD, _READ),
    "credit_listing": (_WORK, _READ),
    "credit_repair": (_WORK, _READ),
    "credit_rule": (_WORK, _READ),
    "crossing": (_WORK, _READ),
    "detector_limit": (_WORK, _READ),
    "detector_setting": (_WORK, _WORK),
    "detector_setting_change": (_ADD, _ADD),
    "django_admin_log": (_ADD, _READ),
    "django_content_type": (_READ, _READ),
    "django_migrations": (_READ, _READ),
    "django_session": (_ALL, _ALL),
    "driver_binding": (_ALL, _WORK),
    "driving_span": (_READ, _ALL),
    "elsewhere_lead": (_WORK, _WORK),
    "emergency_call": (_WORK, _WORK),
    "emergency_event": (_ADD, _ADD),
    "engine_checkpoint": ("", _ALL),
    "exemption": (_WORK, _READ),
    "finding": (_ADD, _WORK),
    "foreign_position": (_READ, _ALL),
    "foreign_vehicle": (_READ, _WORK),
    "indicator_rule": (_WORK, _READ),
    "ingest_shard": (_READ, _WORK),
    "instruction": (_WORK, _READ),
    "instruction_event": (_ADD, _ADD),
    "instruction_file": (_ADD, _READ),
    "instruction_item": (_WORK, _READ),
    "instruction_task": (_WORK, _READ),
    "key_case_rule": (_WORK, _READ),
    "media_file": (_READ, _WORK),
    "notice": (_WORK, _ALL),
    "notice_delivery": (_ADD, _ALL),
    "notice_pending": (_ADD, _ALL),
    "notice_preference": (_WORK, _READ),
    "patrol": (_WORK, _WORK),
    "officer_statistic": (_READ, _ALL),
    "objection": (_WORK, _READ),
    "permit": (_ALL, _READ),
    "plate_read": (_READ, _ADD),
    "point_entry": (_ADD, _ADD),
    "point_rule": (_WORK, _READ),
    "practitioner": (_ALL, _READ),
    "quarantined_frame": (_READ, _ADD),
    "quiet_hours": (_WORK, _READ),
    "raw_frame": (_READ, _ALL),
    "raw_log_switch": (_WORK, _READ),
    "review": (_ADD, _ADD),
    "review_item": (_WORK, _WORK),
    "redetection_span": ("", _ALL),
    "road_section": (_WORK, _READ),
    "roadside_check": (_WORK, _WORK),
    "roadside_event": (_ADD, _ADD),
    "roadside_setting": (_WORK, _READ),
    "safety_alarm": (_READ, _WORK),
    "safety_event_code": (_WORK, _READ),
    "safety_table_change": (_ADD, _READ),
    "screening_setting": (_WORK, _READ),
    "supervision": (_WORK, _WORK),
    "supervision_rule": (_WORK, _READ),
    "terminal": (_ALL, _WORK),
    "terminal_profile": (_WORK, _READ),
    "terminal_report": (_READ, _ADD),
    "territory_rule": (_WORK, _READ),
    "track_cell": (_READ, _ALL),
    "track_cell_archive": (_READ, _ALL),
    "track_chunk": (_READ, _ALL),
    "track_day": (_READ, _ALL),
    "track_position": (_READ, _ADD),
    "track_quality": (_READ, _WORK),
    "track_quality_limit": (_WORK, _READ),
    "unit": (_WORK, _READ),
    "unknown_terminal": (_WORK, _WORK),
    "untold_event": (_READ, _ALL),
    "vehicle": (_ALL, _READ),
    "violation": (_ADD, _ADD),
    "workflow_rule": (_WORK, _READ),
}

# What the web may change of a table whose rows otherwise stay: the screening desk links a finding with its case.
# A case that is taken up again and is unfounded after all takes its violation off the record.
WEB_COLUMNS: dict[str, tuple[str, ...]] = {"finding": ("case_id",), "violation": ("revoked_at",)}


def enter(lines: dict[str, tuple[str, str]]) -> None:
    """Add the lines of a subsystem's tables; from its ``ready()``, so that every migration finds them."""
    GRANTS.update(lines)


def apply(sender: Any = None, using: str = "default", **_: Any) -> None:
    """Grant what ``GRANTS`` says on the database ``using``; what it does not say is taken away."""
    users = [settings.DATABASE_USERS.get(role) for role in ("web", "ingest")]
    connection = connections[using]
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor)) & set(GRANTS)
        for position, user in enumerate(users):
            if not user:
                continue
            name = connection.ops.quote_name(user)
            cursor.execute(f"GRANT USAGE ON SCHEMA public TO {name}")
            cursor.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {name}")
            cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}")
            for table in sorted(tables):
                if rights := GRANTS[table][position]:
                    cursor.execute(f"GRANT {rights} ON {connection.ops.quote_name(table)} TO {name}")
        for table, columns in WEB_COLUMNS.items():
            if users[0] and table in tables:
                named = ", ".join(map(connection.ops.quote_name, columns))
                web = connection.ops.quote_name(users[0])
                cursor.execute(f"GRANT UPDATE ({named}) ON {connection.ops.quote_name(table)} TO {web}")
        if users[1] and "track_position" in tables:
            cursor.execute(
                f"GRANT EXECUTE ON FUNCTION track_make_partition(date) TO {connection.ops.quote_name(users[1])}"
            )
        if users[1] and "archive_file" in tables:
            name = connection.ops.quote_name(users[1])
            for function in ("track_flip_lock()", "track_drop_partition(date)"):
                cursor.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {name}")
        if users[1] and "track_cell" in tables:
            name = connection.ops.quote_name(users[1])
            for function in ("track_make_cell_partition(date)", "track_drop_cell_partition(date)"):
                cursor.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {name}")
