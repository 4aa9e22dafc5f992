"""Whether who signed in may drive this taxi (无证驾驶、人车不符)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import IntFlag
from typing import Any


class Reason(IntFlag):
    """What is wrong with a sign-in."""

    UNKNOWN = 1
    EXPIRED = 2
    NOT_YET = 4
    CATEGORY = 8
    NOT_BOUND = 16
    OTHER_COMPANY = 32
    BLANK = 64


REASON_WORDS = {
    Reason.UNKNOWN: "从业资格证号未登记",
    Reason.EXPIRED: "从业资格证已过期",
    Reason.NOT_YET: "从业资格证尚未生效",
    Reason.CATEGORY: "从业资格类别不是巡游出租汽车",
    Reason.NOT_BOUND: "不是本车登记的驾驶员",
    Reason.OTHER_COMPANY: "不是本企业登记的驾驶员",
    Reason.BLANK: "签到未上传从业资格证号",
}


@dataclass(frozen=True, slots=True)
class Paper:
    """A certificate: its category as entered, the days it holds, both included."""

    category: str
    valid_from: date
    valid_until: date

    @property
    def for_taxis(self) -> bool:
        """巡游出租汽车驾驶员, or 出租汽车驾驶员 as older papers say; ride-hailing is another."""
        return "出租" in self.category and "网络预约" not in self.category


@dataclass(frozen=True, slots=True)
class Signed:
    """Who signed in, as the registry knows them.

    ``papers`` None: nobody has the number. ``bound`` is whether they are entered as a driver of the vehicle, None where
    nobody is; ``of_company`` whether they belong to its company, None where the registry doesn't say.
    """

    number: str
    papers: tuple[Paper, ...] | None
    bound: bool | None
    of_company: bool | None


def faults(signed: Signed, on: date, limits: Any) -> tuple[Reason, int]:
    """What is wrong with a sign-in of the day ``on``, and for how many days the certificate has been expired."""
    if not signed.number:
        return (Reason.BLANK if limits.blank else Reason(0)), 0
    if not signed.papers:
        return Reason.UNKNOWN, 0
    found, days = _papers(signed.papers, on, limits.grace_days)
    if signed.bound is False and not (limits.company_suffices and signed.of_company):
        found |= Reason.NOT_BOUND
    if signed.bound is None and signed.of_company is False:
        found |= Reason.OTHER_COMPANY
    return found, days


def _papers(papers: tuple[Paper, ...], on: date, grace_days: int) -> tuple[Reason, int]:
    own = [paper for paper in papers if paper.for_taxis]
    if not own:
        return Reason.CATEGORY, 0
    begun = [paper for paper in own if paper.valid_from <= on]
    if not begun:
        return Reason.NOT_YET, 0
    past_days = (on - max(paper.valid_until for paper in begun)).days
    return (Reason.EXPIRED, past_days) if past_days > grace_days else (Reason(0), 0)
