"""Who is meant (告知对象): bodies and desks, and the users they come to.

An audience is spelled as text, so that it can be written down now and looked up when it is told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from django.db.models import QuerySet

from datacenter.accounts.models import Unit, User
from datacenter.accounts.rights import roles_with

# A team that is posted in a county has legs of its own.
_NOT_THE_COUNTYS = (Unit.Kind.COMPANY, Unit.Kind.ENFORCEMENT_TEAM)
Kind = Literal["city", "county", "unit", "user"]


@dataclass(frozen=True, slots=True)
class Audience:
    """The city's desks, a county's stations, one unit, or one user; those of them who have ``right``."""

    kind: Kind
    id: str = ""
    right: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}:{self.right}"

    @classmethod
    def read(cls, text: str) -> Audience:
        """What ``str`` made."""
        kind, owner, right = text.split(":")
        return cls(kind, owner, right)  # type: ignore[arg-type]

    def users(self) -> QuerySet[User]:
        """Active users who are meant, with their units; one query."""
        rows = User.objects.filter(is_active=True).select_related("unit")
        if self.right:
            rows = rows.filter(role__in=roles_with(self.right))
        match self.kind:
            case "city":
                return rows.filter(unit__county=None).exclude(unit__kind=Unit.Kind.COMPANY)
            case "county":
                return rows.filter(unit__county_id=self.id).exclude(unit__kind__in=_NOT_THE_COUNTYS)
            case "unit":
                return rows.filter(unit_id=self.id)
            case _:
                return rows.filter(pk=self.id)


def users_of(audiences: Iterable[str]) -> dict[str, list[User]]:
    """The users of each audience; all single users in one query, else one for each."""
    found: dict[str, list[User]] = {}
    singles: dict[str, str] = {}
    for text in audiences:
        audience = Audience.read(text)
        if audience.kind == "user":
            singles[text] = audience.id
        else:
            found[text] = list(audience.users())
    known: dict[str, User] = {}
    if singles:
        rows = User.objects.filter(is_active=True, pk__in=singles.values()).select_related("unit")
        known = {str(user.pk): user for user in rows}
    return found | {text: [known[pk]] if pk in known else [] for text, pk in singles.items()}


def city(right: str) -> Audience:
    """The bureau's desks that have ``right``."""
    return Audience("city", "", right)


def county(county_id: str, right: str) -> Audience:
    """A county's officers who have ``right``."""
    return Audience("county", county_id, right)


def unit(unit_id: int, right: str = "") -> Audience:
    """The members of one body."""
    return Audience("unit", str(unit_id), right)


def one(user_id: int) -> Audience:
    """One user."""
    return Audience("user", str(user_id), "")
