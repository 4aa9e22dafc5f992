"""Made-up people of the demo city (演示人员): deterministic, lawful in form, and plainly nobody's.

The scheme, so that nobody takes one for a person:

- **Identity number** (GB 11643): ``211199`` + birthday + ``9xx`` + check character. No place has the code 211199; the
  check character is right, so every rule of form holds. Birthday and serial follow from the person's number.
- **Phone**: ``120`` + 8 digits. No mobile number in use begins with 120.
- **Name**: a common surname and common characters, drawn by the person's number.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from datacenter.registry import rules
from datacenter.simulator.draw import draw, share

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
_MALE = "伟强磊军勇杰涛明超刚平辉鹏华飞鑫波斌宇浩凯健俊帆帅旭宁龙林森峰岩东海立志国春德"
_FEMALE = "芳娜敏静丽艳娟霞秀英华慧巧美玉兰凤洁梅琳素云莲真环雪荣爱妹香月莺媛瑞凡佳嘉"
_WOMEN_SHARE = 0.12
_FIRST_BIRTHDAY = date(1967, 1, 1)
_BIRTHDAYS = 12_000  # to November 1999; 7919 is prime to it, so birthdays repeat only after all were used
_SYNTHETIC_PLACE = "211199"


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """One made-up person; ``number`` is theirs for good."""

    number: int
    name: str
    identity_no: str
    phone: str


def person(number: int) -> DemoPerson:
    """The person with that number, 0 to 599,999."""
    woman = share("woman", number) < _WOMEN_SHARE
    return DemoPerson(number, _name(number, woman), _identity_no(number, woman), f"120{number:08d}")


def _name(number: int, woman: bool) -> str:
    letters = _FEMALE if woman else _MALE
    given = letters[draw("given", number) % len(letters)]
    if share("short name", number) > 0.35:
        given += letters[draw("second given", number) % len(letters)]
    return _SURNAMES[draw("surname", number) % len(_SURNAMES)] + given


def _identity_no(number: int, woman: bool) -> str:
    birthday = _FIRST_BIRTHDAY + timedelta(days=number * 7919 % _BIRTHDAYS)
    serial = 900 + number // _BIRTHDAYS * 2 + (0 if woman else 1)
    first_17 = f"{_SYNTHETIC_PLACE}{birthday:%Y%m%d}{serial:03d}"
    return first_17 + rules.identity_check(first_17)
