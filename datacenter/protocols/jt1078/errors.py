"""What is refused in a media stream (码流错误). ``offset`` counts from the stream's first byte."""

from datacenter.protocols.errors import ProtocolError


class MediaError(ProtocolError):
    """Bytes that are no media packet; ``offset`` is where they are."""

    code = "bad-media-packet"
    offset: int = 0


class LostMagic(MediaError):
    """Where a packet must begin, its magic isn't; what follows is skipped up to the next one."""

    code = "lost-magic"

    def __init__(self, offset: int) -> None:
        super().__init__(f"第 {offset} 字节处应为包头标识 30316364，跳到下一个包头", offset=offset)


class TruncatedPacket(MediaError):
    """A packet that ends inside its header or its payload."""

    code = "truncated-packet"

    def __init__(self, needed: int, had: int, offset: int = 0) -> None:
        super().__init__(f"媒体包不完整：需要 {needed} 字节，只有 {had} 字节", needed=needed, had=had, offset=offset)


class UnknownDataType(MediaError):
    """A data type or a part mark that the standard doesn't define: nobody knows how long such a header is."""

    code = "unknown-data-type"

    def __init__(self, raw: int, offset: int) -> None:
        message = f"第 {offset} 字节处数据类型 {raw >> 4} 或分包标记 {raw & 15} 未定义"
        super().__init__(message, data_type=raw >> 4, mark=raw & 15, offset=offset)


class PacketTooLong(MediaError):
    """A payload longer than this connection takes."""

    code = "packet-too-long"

    def __init__(self, declared: int, limit: int, offset: int) -> None:
        super().__init__(f"媒体包声明 {declared} 字节，超过上限 {limit}", declared=declared, limit=limit, offset=offset)


class OtherStream(MediaError):
    """A packet of another SIM or channel than the one this connection belongs to."""

    code = "other-stream"

    def __init__(self, bound: tuple[str, int], found: tuple[str, int]) -> None:
        super().__init__("同一连接上出现另一终端或另一通道的码流", bound=bound, found=found)
