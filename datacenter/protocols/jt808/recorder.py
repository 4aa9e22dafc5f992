"""The tachograph's own blocks (行驶记录仪数据块), as they travel inside 0x8700 and 0x0700. GB/T 19056.

Only the envelope is known here: start mark, command, length, a reserved byte, data, check byte. The layouts of the data
and the start mark of a question to the recorder were not found in the material at hand; ``data`` stays bytes.
"""

from dataclasses import dataclass

from datacenter.protocols.errors import FieldError, TruncatedBody
from datacenter.protocols.jt808.frame import checksum

START = b"\x55\x7a"
HEAD = 6


class BadRecorderBlock(FieldError):
    """Bytes that are no block of GB/T 19056."""

    code = "bad-recorder-block"

    def __init__(self, reason: str, offset: int) -> None:
        super().__init__(f"行驶记录数据块不合法：{reason}", reason=reason, offset=offset)


@dataclass(frozen=True, slots=True)
class RecorderBlock:
    """One block: what was asked, and what the recorder says.

    ``check_holds`` is kept rather than refused: published blocks of real recorders have check bytes that don't fit.
    """

    command: int
    data: bytes
    reserved: int = 0
    check_holds: bool = True

    @classmethod
    def parse(cls, raw: bytes) -> "RecorderBlock":
        """The block in ``raw``. Raises ``BadRecorderBlock``, ``TruncatedBody``."""
        if not raw.startswith(START):
            raise BadRecorderBlock("起始字头应为 557A", 0)
        if len(raw) < HEAD + 1:
            raise TruncatedBody(HEAD + 1, len(raw), 0)
        size = int.from_bytes(raw[3:5], "big")
        if len(raw) < HEAD + size + 1:
            raise TruncatedBody(size, max(0, len(raw) - HEAD - 1), HEAD)
        content = raw[: HEAD + size]
        return cls(raw[2], content[HEAD:], raw[5], checksum(content) == raw[HEAD + size])

    def pack(self) -> bytes:
        """The block's bytes, with the check byte that fits."""
        head = START + bytes((self.command,)) + len(self.data).to_bytes(2, "big") + bytes((self.reserved,))
        content = head + self.data
        return content + bytes((checksum(content),))
