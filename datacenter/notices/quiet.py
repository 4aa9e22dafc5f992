"""When quiet hours end (免打扰时段): a pure rule on wall clocks."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo


def quiet_until(moment: datetime, begins: time, ends: time, zone: ZoneInfo) -> datetime | None:
    """When the quiet hours around ``moment`` end; None where it lies outside them.

    ``begins`` belongs to them, ``ends`` does not. ``begins`` after ``ends`` goes over midnight; equal ones are none.
    """
    local = moment.astimezone(zone)
    clock = local.time().replace(tzinfo=None)
    inside = begins <= clock < ends if begins < ends else begins != ends and (clock >= begins or clock < ends)
    if not inside:
        return None
    day = local.date() + timedelta(days=1) if clock >= ends else local.date()
    return datetime.combine(day, ends, tzinfo=zone)
