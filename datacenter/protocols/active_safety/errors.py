"""What an attachment connection refuses, by name (附件上传的拒收)."""

from datacenter.protocols.errors import ProtocolError


class AttachmentRefused(ProtocolError):
    """Base of what is refused of an upload; ``fatal`` ones end the connection."""

    code = "attachment-refused"
    fatal = False


class NoAttachmentStream(AttachmentRefused):
    """Bytes that are neither frames nor file packets."""

    code = "no-attachment-stream"
    fatal = True

    def __init__(self, skipped: int) -> None:
        super().__init__(f"{skipped} 字节既不是报文也不是文件数据包", skipped=skipped)


class PacketTooLong(AttachmentRefused):
    """A file packet that says it is longer than any file may be: where it ends can't be known."""

    code = "packet-too-long"
    fatal = True

    def __init__(self, length: int, limit: int) -> None:
        super().__init__(f"文件数据包声明 {length} 字节，上限 {limit} 字节", length=length, limit=limit)


class NothingListed(AttachmentRefused):
    """A file before the list that announces it."""

    code = "nothing-listed"

    def __init__(self, name: str) -> None:
        super().__init__(f"尚未收到附件列表（0x1210），不接受文件 {name!r}", name=name)


class NotListed(AttachmentRefused):
    """A file that is not on the list."""

    code = "not-listed"

    def __init__(self, name: str) -> None:
        super().__init__(f"文件 {name!r} 不在附件列表中", name=name)


class ListedTwice(AttachmentRefused):
    """A list that has one name twice."""

    code = "listed-twice"

    def __init__(self, name: str) -> None:
        super().__init__(f"附件列表中 {name!r} 出现两次", name=name)


class FileTooLarge(AttachmentRefused):
    """A list whose files are larger than may be held."""

    code = "file-too-large"

    def __init__(self, name: str, size_bytes: int, limit: int) -> None:
        super().__init__(
            f"文件 {name!r} 为 {size_bytes} 字节，超过上限 {limit} 字节", name=name, size_bytes=size_bytes, limit=limit
        )


class OtherSize(AttachmentRefused):
    """A file announced or finished with another size than the list gives."""

    code = "other-size"

    def __init__(self, name: str, listed: int, said: int) -> None:
        super().__init__(
            f"文件 {name!r} 列表中为 {listed} 字节，此处为 {said} 字节", name=name, listed=listed, said=said
        )


class PastTheEnd(AttachmentRefused):
    """A packet that reaches past the size listed."""

    code = "past-the-end"

    def __init__(self, name: str, offset: int, length: int, size_bytes: int) -> None:
        super().__init__(
            f"文件 {name!r} 的数据包 {offset}+{length} 超出文件大小 {size_bytes}",
            name=name,
            offset=offset,
            length=length,
            size_bytes=size_bytes,
        )


class Overlapping(AttachmentRefused):
    """A packet with bytes that have come before: the first ones stand."""

    code = "overlapping"

    def __init__(self, name: str, offset: int, length: int) -> None:
        super().__init__(
            f"文件 {name!r} 的数据包 {offset}+{length} 与已收数据重叠，以先到者为准",
            name=name,
            offset=offset,
            length=length,
        )


class TooEarly(AttachmentRefused):
    """More bytes than are held while a list is being judged."""

    code = "too-early"
    fatal = True

    def __init__(self, limit: int) -> None:
        super().__init__(f"附件列表尚未应答，已收到超过 {limit} 字节", limit=limit)


class TooScattered(AttachmentRefused):
    """A file in more pieces than are kept track of."""

    code = "too-scattered"

    def __init__(self, name: str, limit: int) -> None:
        super().__init__(f"文件 {name!r} 的数据段超过 {limit} 段", name=name, limit=limit)


class BadFileName(AttachmentRefused):
    """A file name that does not follow the text's pattern."""

    code = "bad-file-name"

    def __init__(self, name: str) -> None:
        super().__init__(f"文件名不合规：{name!r}", name=name)


class BadRecord(AttachmentRefused):
    """A block of a vehicle state record whose check byte or length is wrong."""

    code = "bad-record"

    def __init__(self, index: int, reason: str) -> None:
        super().__init__(f"车辆状态数据第 {index} 块：{reason}", index=index, reason=reason)
