"""The driver, the waybill and the tachograph (信息采集类消息).

JT/T 808-2019, messages 0x0700 to 0x0702, 0x8700 and 0x8702.
"""

from dataclasses import dataclass
from datetime import date, datetime

from datacenter.protocols.composed import Coded
from datacenter.protocols.errors import FieldError
from datacenter.protocols.jt808.header import Edition
from datacenter.protocols.jt808.kinds import KeptText, LooseDate, LooseTime
from datacenter.protocols.jt808.recorder import RecorderBlock
from datacenter.protocols.layout import Message, wire
from datacenter.protocols.wire import ABSENT, U8, U16, U32, BcdTime, Bytes, Reader

from .catalogue import message

CARD_RESULTS = {
    0: "IC卡读卡成功",
    1: "读卡失败：密钥认证未通过",
    2: "读卡失败：卡片已锁定",
    3: "读卡失败：卡片被拔出",
    4: "读卡失败：数据校验错误",
}


@message(0x8700, "行驶记录数据采集命令")
@dataclass(frozen=True, slots=True)
class RecorderQuery(Message):
    """Ask the tachograph. JT/T 808-2019, message 0x8700; ``data`` is a block of GB/T 19056."""

    command: int = wire(U8, "命令字")
    data: bytes = wire(Bytes(), "数据块", default=b"")


@message(0x0700, "行驶记录数据上传")
@dataclass(frozen=True, slots=True)
class RecorderData(Message):
    """What the tachograph answers. JT/T 808-2019, message 0x0700; ``data`` is a whole block of GB/T 19056."""

    ack_serial: int = wire(U16, "应答流水号")
    command: int = wire(U8, "命令字")
    data: bytes = wire(Bytes(), "数据块", default=b"")

    def block(self) -> RecorderBlock:
        """The block inside. Raises ``FieldError`` where it is none."""
        return RecorderBlock.parse(self.data)


@message(0x0701, "电子运单上报")
@dataclass(frozen=True, slots=True)
class WaybillReport(Message):
    """The electronic waybill. JT/T 808-2019, message 0x0701.

    How it is written is not fixed by the standard, and a text that fixes it was not found: GBK text in practice.
    """

    waybill: bytes = wire(Bytes(count=U32, count_name="len"), "电子运单内容")

    def text(self) -> str:
        """The waybill as text. Raises ``BadText`` where it is no GBK."""
        return KeptText().text(self.waybill)


@message(0x8702, "上报驾驶员身份信息请求")
@dataclass(frozen=True, slots=True)
class DriverQuery(Message):
    """Who is driving? JT/T 808-2019, message 0x8702; empty."""


def _is_time(raw: bytes) -> bool:
    try:
        BcdTime().read(Reader(raw))
    except FieldError:
        return False
    return True


@message(0x0702, "驾驶员身份信息采集上报")
@dataclass(frozen=True, slots=True)
class DriverIdentity(Message):
    """The driver's card went in or came out. JT/T 808-2019, message 0x0702.

    What follows the time is there while bytes remain, whatever the header's edition: terminals of 2013 send the
    identity number of 2019 too. Paddings lie on either side. 2011 has the name and the numbers only, in another order.
    """

    state: int | None = wire(Coded(U8, {1: "从业资格证IC卡插入（上班）", 2: "IC卡拔出（下班）"}), "状态", v2011=ABSENT)
    time: datetime | str | None = wire(LooseTime(), "时间", v2011=ABSENT)
    card_result: int | None = wire(Coded(U8, CARD_RESULTS), "IC卡读取结果", optional=True, v2011=ABSENT)
    name: str | None = wire(KeptText(count=U8, count_name="name_len"), "驾驶员姓名", optional=True)
    id_card_2011: str | None = wire(ABSENT, "驾驶员身份证编码", name="id_card", default=None, v2011=KeptText(20))
    license: str | None = wire(KeptText(20), "从业资格证编码", optional=True, v2011=KeptText(40))
    org: str | None = wire(KeptText(count=U8, count_name="org_len"), "发证机构名称", optional=True)
    valid_to: date | str | None = wire(LooseDate(), "证件有效期", optional=True, v2011=ABSENT)
    id_card: str | None = wire(KeptText(20), "驾驶员身份证号", optional=True, v2011=ABSENT)

    @property
    def on_duty(self) -> bool:
        """Whether the card is in and could be read, or the edition knows no cards."""
        return self.state in (None, 1) and not self.card_result

    @property
    def identity_number(self) -> str:
        """The driver's identity card number, empty where it isn't told."""
        return self.id_card or self.id_card_2011 or ""

    @classmethod
    def edition_of(cls, body: bytes, edition: str) -> str:
        """2011 where its lengths fill the body and it doesn't begin with a state and a time."""
        if edition == Edition.V2019 or not body or (body[0] in (1, 2) and _is_time(body[1:7])):
            return edition
        at = 1 + body[0] + 60
        return Edition.V2011 if at < len(body) and at + 1 + body[at] == len(body) else edition
