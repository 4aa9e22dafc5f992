"""Tells open desks of a call (紧急报警广播), from any process, once its transaction is committed."""

from django.db import transaction

from datacenter.broadcast import tell


def group(level: str, owner: str | int = "") -> str:
    """The channel group of those who see ``level`` (city, county, company) ``owner``."""
    return f"emergencies.{level}.{owner}" if owner else f"emergencies.{level}"


def on_commit(call_id: int, plate: str, county_id: str | None, company_id: int | None, state: str) -> None:
    """Say after the commit that a call appeared or changed; ``state`` is empty where only its place is newer."""
    groups = [group("city")]
    if county_id:
        groups.append(group("county", county_id))
    if company_id:
        groups.append(group("company", company_id))
    message = {"type": "emergency.changed", "call": {"id": call_id, "plate": plate, "state": state}}
    transaction.on_commit(lambda: tell(groups, message))
