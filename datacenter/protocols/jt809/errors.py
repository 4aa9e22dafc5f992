"""What the codec and the links of JT/T 809 refuse, by name (协议错误), beside ``protocols.errors``."""

from datacenter.protocols.errors import ProtocolError

from .rules import Link, Phase

# --- Frames ---


class BadEscape(ProtocolError):
    """0x5a or 0x5e followed by neither 0x01 nor 0x02, or by nothing."""

    code = "bad-escape"

    def __init__(self, offset: int) -> None:
        super().__init__(f"第 {offset} 字节处转义不合法", offset=offset)


class BadCrc(ProtocolError):
    """The CRC over header and body differs from the two bytes sent."""

    code = "bad-crc"

    def __init__(self, expected: int, found: int) -> None:
        super().__init__(f"CRC 校验码不符：应为 {expected:04X}，收到 {found:04X}", expected=expected, found=found)


class UnfinishedFrame(ProtocolError):
    """A frame that the next one's 0x5b cuts off; the next one is read."""

    code = "unfinished-frame"

    def __init__(self, had: int) -> None:
        super().__init__(f"数据包未结束，又出现头标识：已收 {had} 字节", had=had)


# --- Links ---


class WrongDirection(ProtocolError):
    """A message of the other platform's: a lower one that says what only an upper one may, or the reverse."""

    code = "wrong-direction"

    def __init__(self, message_id: int) -> None:
        super().__init__(f"消息 0x{message_id:04X} 不应由该方发出", message_id=message_id)


class WrongLink(ProtocolError):
    """A message of the other link's, while that one is up."""

    code = "wrong-link"

    def __init__(self, message_id: int, link: Link) -> None:
        super().__init__(f"消息 0x{message_id:04X} 不应在{link}上发送", message_id=message_id, link=link.value)


class NotLoggedIn(ProtocolError):
    """A message that may not come, or be sent, in this phase of the link."""

    code = "not-logged-in"
    status = 403

    def __init__(self, message_id: int, phase: Phase) -> None:
        super().__init__(f"链路{phase}，不接受消息 0x{message_id:04X}", message_id=message_id, phase=phase.value)


class OtherPlatform(ProtocolError):
    """A frame that names another access code than the one that logged in over this link."""

    code = "other-platform"

    def __init__(self, bound: int, found: int) -> None:
        super().__init__(f"链路属于接入码 {bound}，报文为 {found}", bound=bound, found=found)


class WrongFamily(ProtocolError):
    """A sub-message inside a message that doesn't carry it, say an upper platform's order in a lower one's message."""

    code = "wrong-family"

    def __init__(self, message_id: int, sub_type: int) -> None:
        said = f"消息 0x{message_id:04X} 不应携带子业务 0x{sub_type:04X}"
        super().__init__(said, message_id=message_id, sub_type=sub_type)


class NotInEdition(ProtocolError):
    """A sub-message that the edition spoken with a peer doesn't have yet."""

    code = "not-in-edition"

    def __init__(self, sub_type: int, edition: str) -> None:
        super().__init__(f"{edition} 版没有子业务 0x{sub_type:04X}", sub_type=sub_type, edition=edition)
