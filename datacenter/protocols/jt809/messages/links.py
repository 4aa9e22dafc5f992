"""Links and their upkeep (链路管理): login, logout, keep-alive, breaks, and how much has been received.

Main link (主链路): the lower platform connects and logs in. Sub link (从链路): the upper platform connects, with the
code that the login gave. JT/T 809-2011 and JT/T 809-2019, messages 0x1001 to 0x1008 and 0x9001 to 0x9101.
"""

from dataclasses import dataclass
from datetime import datetime

from datacenter.protocols.composed import Coded
from datacenter.protocols.jt808.kinds import KeptText
from datacenter.protocols.jt809 import codes
from datacenter.protocols.jt809.kinds import UTC_SECONDS
from datacenter.protocols.layout import Message, wire
from datacenter.protocols.wire import ABSENT, U8, U16, U32

from .catalogue import message

PASSWORD = KeptText(8)
ADDRESS = KeptText(32)


@message(0x1001, "主链路登录请求")
@dataclass(frozen=True, slots=True, kw_only=True)
class Login(Message):
    """A lower platform introduces itself and says where its sub link listens. JT/T 809-2019, message 0x1001."""

    user_id: int = wire(U32, "用户名")
    password: str = wire(PASSWORD, "密码")
    access_code: int | None = wire(ABSENT, "下级平台接入码", default=None, v2019=U32)
    down_ip: str = wire(ADDRESS, "下级平台提供对应的从链路服务端IP地址")
    down_port: int = wire(U16, "下级平台提供对应的从链路服务器端口号")


@message(0x1002, "主链路登录应答")
@dataclass(frozen=True, slots=True)
class LoginReply(Message):
    """Whether the login is taken, and the code for the sub link. JT/T 809-2019, message 0x1002."""

    result: int = wire(Coded(U8, codes.LOGIN_RESULTS), "验证结果", v2019=Coded(U8, codes.LOGIN_RESULTS_2019))
    verify_code: int = wire(U32, "校验码", default=0)


@message(0x1003, "主链路注销请求")
@dataclass(frozen=True, slots=True)
class Logout(Message):
    """The lower platform leaves the main link. JT/T 809-2019, message 0x1003."""

    user_id: int = wire(U32, "用户名")
    password: str = wire(PASSWORD, "密码")


@message(0x1004, "主链路注销应答")
@dataclass(frozen=True, slots=True)
class LogoutReply(Message):
    """The main link may be closed. JT/T 809-2019, message 0x1004; empty."""


@message(0x1005, "主链路连接保持请求")
@dataclass(frozen=True, slots=True)
class KeepAlive(Message):
    """The lower platform is there. JT/T 809-2019, message 0x1005; empty."""


@message(0x1006, "主链路连接保持应答")
@dataclass(frozen=True, slots=True)
class KeepAliveReply(Message):
    """The upper platform is there. JT/T 809-2019, message 0x1006; empty."""


@message(0x1007, "主链路断开通知")
@dataclass(frozen=True, slots=True)
class MainLinkBroken(Message):
    """Said on the sub link: the main link is broken. JT/T 809-2019, message 0x1007."""

    error_code: int = wire(Coded(U8, codes.MAIN_LINK_FAULTS), "错误代码")


@message(0x1008, "下级平台主动关闭主从链路通知")
@dataclass(frozen=True, slots=True)
class LowerCloses(Message):
    """The lower platform is about to close both links. JT/T 809-2019, message 0x1008."""

    reason: int = wire(Coded(U8, codes.CLOSING_REASONS), "链路关闭原因")


@message(0x9001, "从链路连接请求")
@dataclass(frozen=True, slots=True)
class Connect(Message):
    """The upper platform comes by the sub link, with the code that it gave. JT/T 809-2019, message 0x9001."""

    verify_code: int = wire(U32, "校验码")


@message(0x9002, "从链路连接应答")
@dataclass(frozen=True, slots=True)
class ConnectReply(Message):
    """Whether the sub link is taken. JT/T 809-2019, message 0x9002."""

    result: int = wire(Coded(U8, codes.CONNECT_RESULTS), "验证结果")


@message(0x9003, "从链路注销请求")
@dataclass(frozen=True, slots=True)
class Disconnect(Message):
    """The upper platform leaves the sub link. JT/T 809-2019, message 0x9003."""

    verify_code: int = wire(U32, "校验码")


@message(0x9004, "从链路注销应答")
@dataclass(frozen=True, slots=True)
class DisconnectReply(Message):
    """The sub link may be closed. JT/T 809-2019, message 0x9004; empty."""


@message(0x9005, "从链路连接保持请求")
@dataclass(frozen=True, slots=True)
class SubKeepAlive(Message):
    """The upper platform is there. JT/T 809-2019, message 0x9005; empty."""


@message(0x9006, "从链路连接保持应答")
@dataclass(frozen=True, slots=True)
class SubKeepAliveReply(Message):
    """The lower platform is there. JT/T 809-2019, message 0x9006; empty."""


@message(0x9007, "从链路断开通知")
@dataclass(frozen=True, slots=True)
class SubLinkBroken(Message):
    """Said on the main link: the sub link is broken or can't be had. JT/T 809-2019, message 0x9007."""

    reason: int = wire(Coded(U8, codes.SUB_LINK_FAULTS), "错误代码", v2019=U8)


@message(0x9008, "上级平台主动关闭主从链路通知")
@dataclass(frozen=True, slots=True)
class UpperCloses(Message):
    """The upper platform is about to close both links. JT/T 809-2019, message 0x9008."""

    reason: int = wire(Coded(U8, codes.CLOSING_REASONS), "链路关闭原因")


@message(0x9101, "接收车辆定位信息数量通知")
@dataclass(frozen=True, slots=True)
class PositionsReceived(Message):
    """How many positions the upper platform received in a time. JT/T 809-2019, message 0x9101."""

    count: int = wire(U32, "接收到的车辆定位信息数量")
    start: datetime | int = wire(UTC_SECONDS, "开始时间")
    end: datetime | int = wire(UTC_SECONDS, "结束时间")
