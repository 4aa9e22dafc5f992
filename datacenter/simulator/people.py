"""Made-up people of the demo city (演示人员): deterministic, lawful in form, and plainly nobody's.

The registry of the demo city enters them, simulated terminals name them as drivers: both read them here.

The scheme, so that nobody takes one for a person:

- **Identity number** (GB 11643): ``211199`` + birthday + ``9xx`` + check character. No place has the code 211199; the
  check character is right, so every rule of form holds. Birthday and serial follow from the person's number.
- **Phone**: ``120`` + 8 digits. No mobile number in use begins with 120.
- **Name**: a common surname and common characters, drawn by the person's number.

A person's number is vehicle index × 4 + place: 0 and 1 drive, 2 escorts; others follow behind.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from datacenter.simulator.draw import draw, share
from datacenter.simulator.fleet import DemoVehicle, Kind

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
_MALE = "伟强磊军勇杰涛明超刚平辉鹏华飞鑫波斌宇浩凯健俊帆帅旭宁龙林森峰岩东海立志国春德"
_FEMALE = "芳娜敏静丽艳娟霞秀英华慧巧美玉兰凤洁梅琳素云莲真环雪荣爱妹香月莺媛瑞凡佳嘉"
_WOMEN_SHARE = 0.12
_FIRST_BIRTHDAY = date(1967, 1, 1)
_BIRTHDAYS = 12_000  # to November 1999; 7919 is prime to it, so birthdays repeat only after all were used
_SYNTHETIC_PLACE = "211199"
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
SECOND_DRIVER_SHARE: dict[Kind, float] = {"taxi": 0.45, "bus": 0.6, "coach": 0.4, "hazmat": 0.15, "heavy_truck": 0.1}


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


def driver_numbers(vehicle: DemoVehicle) -> tuple[int, ...]:
    """Numbers of the one or two people who are entered as a vehicle's drivers."""
    first = vehicle.index * 4
    two = share("second driver", vehicle.index) < SECOND_DRIVER_SHARE[vehicle.kind]
    return (first, first + 1) if two else (first,)


def escort_number(vehicle: DemoVehicle) -> int:
    """Number of the escort of a dangerous-goods vehicle (押运员)."""
    return vehicle.index * 4 + 2


def driver_at(vehicle: DemoVehicle, hour: int) -> DemoPerson:
    """Who drives in this hour of the day in Panjin: the first driver from 6 to 18, a second one by night."""
    numbers = driver_numbers(vehicle)
    return person(numbers[0] if 6 <= hour < 18 else numbers[-1])


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
    return first_17 + identity_check(first_17)


def identity_check(first_17: str) -> str:
    """The check character of an identity number (GB 11643)."""
    total = sum(int(digit) * weight for digit, weight in zip(first_17, _WEIGHTS, strict=True))
    return _CHECKS[total % 11]
