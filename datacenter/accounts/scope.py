"""Whose rows a user may see (数据范围), decided here and nowhere else.

Two walls (DESIGN §7). The first is the ORM's: every read goes through a ``…_visible_to(user)`` selector that calls
``Scope.limit``. The second is PostgreSQL's: ``entered`` writes the scope into the transaction with SET LOCAL, and the
row-level security policies of the tables read it there; where no scope is set, no rows come back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from django.db import connection, transaction
from django.db.models import Model, Q, QuerySet

from datacenter.accounts.rights import Role

if TYPE_CHECKING:
    from datacenter.accounts.models import User

# Nobody's scopes: ``certificate``, the public page that checks one holds its code and sees that one row; ``rating``, it
# holds the code of one sticker in a taxi; ``order``, a caller holds the query code of one work order; ``channel``, a
# platform that hands orders in sees those of its channel.
Level = Literal["city", "county", "company", "vehicle", "certificate", "rating", "order", "channel", "none"]
Row = TypeVar("Row", bound=Model)

# Company users of one trade see their own company; the bureau's city-wide desks see the city.
_CITY_ROLES = frozenset(
    {Role.CITY_REGULATOR, Role.HOTLINE_OPERATOR, Role.APPROVER, Role.ADMINISTRATOR, Role.ENFORCEMENT_OFFICER}
)


@dataclass(frozen=True, slots=True)
class Scope:
    """How far a user sees: the whole city, one county, one company, one vehicle, or nothing.

    ``id`` is the county's code, the company's id or the vehicle's id as text; empty for city and none.
    """

    level: Level
    id: str = ""

    def limit(
        self,
        rows: QuerySet[Row],
        *,
        county: str = "county_id",
        company: str = "company_id",
        vehicle: str = "vehicle_id",
    ) -> QuerySet[Row]:
        """``rows`` cut to this scope; the arguments name the columns that say whose a row is."""
        column = {"county": county, "company": company, "vehicle": vehicle}.get(self.level)
        if self.level == "city":
            return rows
        return rows.filter(Q(**{column: self.id})) if column else rows.none()

    def covers(self, *, county_id: str | None, company_id: int | None, vehicle_id: int | None = None) -> bool:
        """Whether a row with these owners lies inside; for what does not pass through SQL (live arrays, files)."""
        owner: dict[str, Any] = {"county": county_id, "company": company_id, "vehicle": vehicle_id}
        return self.level == "city" or (self.level in owner and str(owner[self.level]) == self.id)


NOTHING = Scope("none")
CITY = Scope("city")


def scope_of(user: Any) -> Scope:
    """The scope of ``user``: from the unit it belongs to, and for the city's own desks from the role."""
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return NOTHING
    unit = user.unit
    if unit is None:
        return CITY if user.is_superuser else NOTHING
    if unit.kind == unit.Kind.COMPANY:
        return Scope("company", str(unit.pk))  # a company's id is its unit's: no look-up before the scope is set
    if unit.county_id:
        return Scope("county", unit.county_id)
    return CITY if user.role in _CITY_ROLES or user.is_superuser else NOTHING


def enter(scope: Scope) -> None:
    """Set ``scope`` for the rest of the open transaction; PostgreSQL forgets it at its end."""
    assert connection.in_atomic_block, "a scope lives inside a transaction"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('app.scope', %s, true), set_config('app.scope_id', %s, true)", [scope.level, scope.id]
        )


@contextmanager
def entered(scope: Scope) -> Iterator[None]:
    """A transaction in which PostgreSQL shows the rows of ``scope`` and no others.

    Inside an outer transaction the outer scope is put back at the end.
    """
    outer = _current() if connection.in_atomic_block else None
    with transaction.atomic():
        enter(scope)
        yield
        if outer is not None:
            enter(outer)


def _current() -> Scope:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('app.scope', true), current_setting('app.scope_id', true)")
        level, scope_id = cursor.fetchone()
    return Scope(level or "none", scope_id or "")


def acting_as(user: User) -> AbstractContextManager[None]:
    """A transaction with the scope of ``user``; sockets and exports use it, requests get theirs from the middleware."""
    return entered(scope_of(user))
