"""Who is meant (告知对象): bodies and desks, and the users they come to.

An audience is spelled as text, so that it can be written down now and looked up when it is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.db.models import QuerySet

from datacenter.accounts.models import Unit, User
from datacenter.accounts.rights import RIGHTS

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
            rows = rows.filter(role__in=[role for role, rights in RIGHTS.items() if self.right in rights])
        match self.kind:
            case "city":
                return rows.filter(unit__county=None).exclude(unit__kind=Unit.Kind.COMPANY)
            case "county":
                return rows.filter(unit__county_id=self.id).exclude(unit__kind=Unit.Kind.COMPANY)
            case "unit":
                return rows.filter(unit_id=self.id)
            case _:
                return rows.filter(pk=self.id)


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
