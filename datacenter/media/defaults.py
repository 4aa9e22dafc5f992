"""The codes of T/JSATL 12-2017 as a table of that name (主动安全事件代码). What it leaves to makers has no line."""

from typing import Any

from datacenter.media.models import TEXT_2017, SafetyEventCode
from datacenter.protocols.active_safety.bits import TyreEvent
from datacenter.protocols.active_safety.codes import AGGRESSIVE, DSM, EVENTS, TPMS

SOURCE = "T/JSATL 12-2017 报警/事件类型"
# Which rule a code of the text is; what it leaves to makers, each maker's line says.
RULES = {(DSM, 0x02): "driver.phone", (DSM, 0x03): "driver.smoking"}
LATER = "T/JSATL 12 以后的做法，未见标准原文"


def enter_codes(**_: Any) -> None:
    """Enter those that are missing; what somebody changed stays."""
    tables = EVENTS | {TPMS: {int(bit): bit.title for bit in TyreEvent}}
    SafetyEventCode.objects.bulk_create(
        [
            SafetyEventCode(
                vendor=TEXT_2017,
                item=item,
                code=code,
                title=title,
                detector=RULES.get((item, code), ""),
                source=LATER if item == AGGRESSIVE else SOURCE,
            )
            for item, table in tables.items()
            for code, title in table.items()
        ],
        ignore_conflicts=True,
    )
