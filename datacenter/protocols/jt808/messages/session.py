"""Coming, staying and leaving (会话消息): registration, authentication, heartbeat, general replies, lost packets, time.

JT/T 808-2019, chapter 8, with the editions of 2011 and 2013 on the same lines.
"""

from dataclasses import dataclass
from datetime import datetime

from datacenter.protocols.composed import Coded
from datacenter.protocols.jt808.header import Edition
from datacenter.protocols.jt808.kinds import KeptText
from datacenter.protocols.layout import Message, wire
from datacenter.protocols.wire import ABSENT, U8, U16, UTC_TIME, Repeated

from .catalogue import message

TERMINAL_RESULTS = {0: "成功/确认", 1: "失败", 2: "消息有误", 3: "不支持"}
PLATFORM_RESULTS = TERMINAL_RESULTS | {4: "报警处理确认"}
REGISTER_RESULTS = {0: "成功", 1: "车辆已被注册", 2: "数据库中无该车辆", 3: "终端已被注册", 4: "数据库中无该终端"}
PLATE_COLOURS = {0: "未上牌", 1: "蓝色", 2: "黄色", 3: "黑色", 4: "白色", 9: "其他"}
"""JT/T 415-2006 as the 2013 edition cites it; the 2019 edition cites JT/T 697.7-2014, of which only 0 is known here."""


@message(0x0001, "终端通用应答")
@dataclass(frozen=True, slots=True)
class TerminalReply(Message):
    """A terminal's answer to what has no answer of its own. JT/T 808-2019, message 0x0001."""

    ack_serial: int = wire(U16, "应答流水号")
    ack_id: int = wire(U16, "应答ID")
    result: int = wire(Coded(U8, TERMINAL_RESULTS), "结果")


@message(0x0002, "终端心跳")
@dataclass(frozen=True, slots=True)
class Heartbeat(Message):
    """A terminal is alive. JT/T 808-2019, message 0x0002; empty."""


@message(0x0003, "终端注销")
@dataclass(frozen=True, slots=True)
class Unregister(Message):
    """A terminal leaves its vehicle. JT/T 808-2019, message 0x0003; empty."""


@message(0x0004, "查询服务器时间请求")
@dataclass(frozen=True, slots=True)
class TimeRequest(Message):
    """A terminal asks what time it is. JT/T 808-2019, message 0x0004; empty."""


@message(0x0005, "终端补传分包请求")
@dataclass(frozen=True, slots=True)
class TerminalResendRequest(Message):
    """Packets of a sub-packaged message that did not reach the terminal. JT/T 808-2019, message 0x0005."""

    orig_serial: int = wire(U16, "原始消息流水号")
    packets: tuple[int, ...] = wire(Repeated(U16, count=U8), "重传包ID列表", v2019=Repeated(U16, count=U16))


@message(0x0100, "终端注册")
@dataclass(frozen=True, slots=True)
class Register(Message):
    """A terminal introduces itself and its vehicle. JT/T 808-2019, message 0x0100."""

    province: int = wire(U16, "省域ID")
    city: int = wire(U16, "市县域ID")
    maker_id: str = wire(KeptText(5), "制造商ID", v2019=KeptText(11))
    model: str = wire(KeptText(20), "终端型号", v2011=KeptText(8), v2019=KeptText(30))
    terminal_id: str = wire(KeptText(7), "终端ID", v2019=KeptText(30))
    plate_color: int = wire(Coded(U8, PLATE_COLOURS), "车牌颜色")  # 0: no plate, and ``plate`` is the VIN
    plate: str = wire(KeptText(), "车辆标识")

    @classmethod
    def edition_of(cls, body: bytes, edition: str) -> str:
        """Under a short header the body's length tells 2011 (model of 8 bytes) from 2013 (20 bytes)."""
        return Edition.V2011 if edition != Edition.V2019 and len(body) < 37 else edition


@message(0x0102, "终端鉴权")
@dataclass(frozen=True, slots=True)
class Authenticate(Message):
    """The first message of each connection: the code that registration gave. JT/T 808-2019, message 0x0102."""

    auth_code: str = wire(KeptText(), "鉴权码", v2019=KeptText(count=U8, count_name="auth_len"))
    imei: str | None = wire(ABSENT, "终端IMEI", default=None, v2019=KeptText(15))
    software: str | None = wire(ABSENT, "软件版本号", default=None, v2019=KeptText(20))


@message(0x8001, "平台通用应答")
@dataclass(frozen=True, slots=True)
class GeneralReply(Message):
    """The platform's answer to what has no answer of its own. JT/T 808-2019, message 0x8001."""

    ack_serial: int = wire(U16, "应答流水号")
    ack_id: int = wire(U16, "应答ID")
    result: int = wire(Coded(U8, PLATFORM_RESULTS), "结果")


@message(0x8003, "服务器补传分包请求")
@dataclass(frozen=True, slots=True)
class ResendRequest(Message):
    """Packets of a sub-packaged message that did not arrive. JT/T 808-2019, message 0x8003."""

    orig_serial: int = wire(U16, "原始消息流水号")
    packets: tuple[int, ...] = wire(Repeated(U16, count=U8), "重传包ID列表", v2019=Repeated(U16, count=U16))


@message(0x8004, "查询服务器时间应答")
@dataclass(frozen=True, slots=True)
class TimeReply(Message):
    """The platform's time: the one message that is in UTC. JT/T 808-2019, message 0x8004."""

    server_time: datetime = wire(UTC_TIME, "服务器时间")


@message(0x8100, "终端注册应答")
@dataclass(frozen=True, slots=True)
class RegisterReply(Message):
    """Whether a terminal may come in, and the code to authenticate with. JT/T 808-2019, message 0x8100."""

    ack_serial: int = wire(U16, "应答流水号")
    result: int = wire(Coded(U8, REGISTER_RESULTS), "结果")
    auth_code: str | None = wire(KeptText(), "鉴权码", optional=True)


@message(0x8204, "链路检测")
@dataclass(frozen=True, slots=True)
class LinkCheck(Message):
    """The platform asks whether the terminal is there. JT/T 808-2019, message 0x8204; empty."""
