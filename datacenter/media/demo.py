"""How the demo city's terminals speak of alarms (演示厂商代码表): the lines that the 2017 text leaves to makers."""

from __future__ import annotations

from datacenter.media.models import SafetyEventCode, TerminalProfile
from datacenter.protocols.active_safety.codes import ADAS, DSM
from datacenter.protocols.active_safety.practices import Practice
from datacenter.registry.models import Terminal
from datacenter.simulator.answering.safety import NO_BELT, NOT_YIELDING
from datacenter.simulator.fleet import demo_fleet

VENDOR, SOURCE = "演示厂商", "演示数据"
CODES = (
    (DSM, NO_BELT, "未系安全带", "driver.seat_belt"),
    (ADAS, NOT_YIELDING, "斑马线未礼让行人", "crossing.not_yielding"),
)


def enter_codes() -> int:
    """Enter the demo makers' lines that are missing, where their terminals are; how many codes were added."""
    makers = {one.maker_id for one in demo_fleet()}
    makers &= set(Terminal.objects.filter(maker__in=makers).values_list("maker", flat=True).distinct())
    TerminalProfile.objects.bulk_create(
        [
            TerminalProfile(maker=maker, vendor=VENDOR, practice=str(Practice.JIANGSU), source=SOURCE)
            for maker in sorted(makers)
        ],
        ignore_conflicts=True,
    )
    known = set(SafetyEventCode.objects.filter(vendor=VENDOR).values_list("item", "code"))
    missing = [
        SafetyEventCode(vendor=VENDOR, item=item, code=code, title=title, detector=rule, source=SOURCE)
        for item, code, title, rule in CODES
        if (item, code) not in known
    ]
    return len(SafetyEventCode.objects.bulk_create(missing))
