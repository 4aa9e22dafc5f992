"""Sums a day's ratings by driver (评价汇总), so that a page never counts three million rides."""

from __future__ import annotations

from datetime import date

from django.db import connection, transaction

from datacenter.tracks.selectors import day_span

_LOCK = 7_300_328  # of this task alone
_FOLD = """
INSERT INTO rating_day (day, source, county_id, company_id, practitioner_id, rides, satisfied, average, not_satisfied,
                        complaint)
SELECT %(day)s, 'screen', county_id, company_id, practitioner_id, count(*), count(*) FILTER (WHERE rating = 1),
       count(*) FILTER (WHERE rating = 2), count(*) FILTER (WHERE rating = 3), count(*) FILTER (WHERE rating = 4)
FROM taxi_trip WHERE boarded_at >= %(start)s AND boarded_at < %(end)s
GROUP BY county_id, company_id, practitioner_id
UNION ALL
SELECT %(day)s, 'sticker', county_id, company_id, practitioner_id, 0, count(*) FILTER (WHERE grade = 1),
       count(*) FILTER (WHERE grade = 2), count(*) FILTER (WHERE grade = 3), count(*) FILTER (WHERE grade = 4)
FROM ride_rating WHERE standing = 'counted' AND at >= %(start)s AND at < %(end)s
GROUP BY county_id, company_id, practitioner_id
"""


@transaction.atomic
def fold_day(day: date) -> int:
    """Count one day of Asia/Shanghai anew; how many rows it came to."""
    span = day_span(day)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute("DELETE FROM rating_day WHERE day = %s", [day])
        cursor.execute(_FOLD, {"day": day, "start": span.start, "end": span.end})
        return int(cursor.rowcount)
