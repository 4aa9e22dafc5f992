"""Who decides for the whole city (市级权限): a right is not enough where the account sees one county or company.

A month is ranked and a kind graded as a whole: under a narrower scope PostgreSQL would show a part, and places would be
given among those.
"""

from typing import Any

from datacenter.accounts.errors import NotAllowed
from datacenter.accounts.permissions import require
from datacenter.accounts.scope import scope_of


def require_city(user: Any, right: str) -> None:
    """Raise ``NotAllowed`` unless ``user`` has ``right`` and sees the whole city."""
    require(user, right)
    if scope_of(user).level != "city":
        raise NotAllowed(right=right)
