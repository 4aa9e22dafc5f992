"""Tells an officer's open pages that a notice came or was read (通知广播), once it is committed."""

from collections.abc import Iterable

from django.db import transaction

from datacenter.broadcast import tell


def group(user_id: int) -> str:
    """The channel group of one user's pages."""
    return f"notices.user.{user_id}"


def on_commit(user_ids: Iterable[int], *, topic: str, title: str, link: str, urgent: bool) -> None:
    """Say after the commit that there is something new; only whom it is for hears what."""
    groups = [group(user_id) for user_id in user_ids]
    notice = {"topic": topic, "title": title, "link": link, "urgent": urgent}
    if groups:
        transaction.on_commit(lambda: tell(groups, {"type": "notice.told", "notice": notice}), robust=True)


def read_on_commit(user_id: int) -> None:
    """Say to the user's other pages that less is unread now."""
    transaction.on_commit(lambda: tell([group(user_id)], {"type": "notice.read"}), robust=True)
