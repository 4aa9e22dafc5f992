"""Putting photos and recordings together (多媒体合并). JT/T 905.2-2014, messages 0x0800 and 0x0806.

Each part names its file, the file's size and its own offset; parts come in any order, come again, overlap. A size that
lies costs nothing: only bytes that came are held, bounded in files and in bytes. What stays incomplete too long is
given up. Time is passed in, in seconds of any clock.
"""

from bisect import bisect_right
from collections import OrderedDict
from dataclasses import dataclass, field

from datacenter.protocols.budget import Budget
from datacenter.protocols.errors import AssemblyRefused, ProtocolError
from datacenter.protocols.jt905.messages import BASE_LOCATION, ImagePart, Position, RecordingPart
from datacenter.protocols.layout import Layout

MEDIA_BYTES = 2 << 20
PART_COST = 128
"""Charged for each part besides its bytes, so that tiny parts are no way round the bound."""

_POSITION = Layout(Position)

Key = tuple[int, int]
"""Message id, id of the image or recording."""
Part = ImagePart | RecordingPart


class BadPart(ProtocolError):
    """A part that reaches past the end of its file, or whose file had another size before."""

    code = "bad-media-part"

    def __init__(self, size: int, offset: int, length: int) -> None:
        super().__init__(
            f"多媒体分段超出文件：大小 {size}，起始 {offset}，长度 {length}", size=size, offset=offset, length=length
        )


@dataclass(frozen=True, slots=True)
class Medium:
    """A whole file as it was sent; ``first`` is the part that came first, without its bytes."""

    message_id: int
    media_id: int
    first: Part
    content: bytes

    @property
    def picture(self) -> tuple[Position | None, bytes]:
        """Where the photo was taken, and the photo.

        The size in 0x0800 is that of "location and image", so a position of 25 bytes leads; where the content begins
        with a JPEG or PNG itself there is none, and neither where those bytes are no position.
        """
        if self.message_id != ImagePart.message_id or self.content.startswith((b"\xff\xd8", b"\x89PNG")):
            return None, self.content
        try:
            position: Position = _POSITION.decode(self.content)
        except ProtocolError:
            return None, self.content
        return position, self.content[BASE_LOCATION:]


@dataclass(slots=True)
class Partial:
    """A file that still lacks bytes: its parts by offset, none overlapping."""

    first: Part
    since: float
    last: float
    starts: list[int] = field(default_factory=list)
    parts: dict[int, bytes] = field(default_factory=dict)
    held: int = 0
    cost: int = 0

    def put(self, offset: int, data: bytes) -> int:
        """Keep what is new of ``data``, gap by gap; its cost."""
        starts, parts, before = self.starts, self.parts, self.cost
        end, at, begin = offset + len(data), bisect_right(starts, offset), offset
        if at:
            begin = max(begin, starts[at - 1] + len(parts[starts[at - 1]]))
        while begin < end:
            stop = min(end, starts[at]) if at < len(starts) else end
            if stop > begin:
                starts.insert(at, begin)
                parts[begin] = data[begin - offset : stop - offset]
                self.held += stop - begin
                self.cost += stop - begin + PART_COST
                at += 1
            if at == len(starts):
                break
            begin = starts[at] + len(parts[starts[at]])
            at += 1
        return self.cost - before

    @property
    def missing_from(self) -> int:
        """The first byte that has not come."""
        end = 0
        for start in self.starts:
            if start > end:
                break
            end = start + len(self.parts[start])
        return end


class MediaAssembler:
    """Files in the making. Past a bound the oldest one gives way; ``given_up`` counts those.

    ``budget`` bounds them together with those of other connections.
    """

    __slots__ = ("_budget", "_partials", "given_up", "held_bytes", "lifetime_s", "limit_bytes", "limit_files")

    def __init__(
        self,
        limit_files: int = 16,
        limit_bytes: int = MEDIA_BYTES,
        lifetime_s: float = 600.0,
        budget: Budget | None = None,
    ) -> None:
        self._budget = budget
        self.limit_files, self.limit_bytes, self.lifetime_s = limit_files, limit_bytes, lifetime_s
        self._partials: OrderedDict[Key, Partial] = OrderedDict()
        self.held_bytes = 0
        self.given_up = 0

    def __len__(self) -> int:
        return len(self._partials)

    def add(self, part: Part, now: float) -> Medium | None:
        """Take one part; the whole file once its last byte is there. What comes again changes nothing.

        A file of another size than its earlier parts said begins anew: devices count their ids from the start again.
        Raises ``BadPart`` for a part that can't be, ``AssemblyRefused`` when its file outgrows the bound.
        """
        data = part.data or b""
        media_id = part.image_id if isinstance(part, ImagePart) else part.media_id
        if part.offset + len(data) > part.size:
            raise BadPart(part.size, part.offset, len(data))
        self.expire(now)
        key = (part.message_id, media_id)
        if part.size > self.limit_bytes:
            raise AssemblyRefused(self.limit_bytes)
        partial = self._partials.get(key)
        if partial is not None and partial.first.size != part.size:
            self._forget(key)
            partial = None
        if partial is None:
            partial = self._partials[key] = Partial(_without_data(part), now, now)
            partial.cost = PART_COST
            self.held_bytes += PART_COST
        cost = partial.put(part.offset, data)
        self.held_bytes += cost
        partial.last = now
        if self._budget is not None:
            self._budget.charge(self, key, cost)
        if partial.held == part.size:
            self._let_go(key)
            content = b"".join(partial.parts[start] for start in partial.starts)
            return Medium(part.message_id, media_id, partial.first, content)
        if partial.cost > self.limit_bytes:
            self._forget(key)
            raise AssemblyRefused(self.limit_bytes)
        while len(self._partials) > self.limit_files or self.held_bytes > self.limit_bytes:
            self._forget(next(other for other in self._partials if other != key))
        return None

    def expire(self, now: float) -> list[Partial]:
        """Give up what has been quiet longer than its lifetime; the ones given up."""
        gone = [key for key, one in self._partials.items() if now - one.last >= self.lifetime_s]
        return [self._forget(key) for key in gone]

    def stalled(self, now: float, quiet_s: float) -> list[tuple[Key, int]]:
        """Files whose last part came ``quiet_s`` ago or longer, with the first byte they lack: material for 0x8803."""
        return [(key, one.missing_from) for key, one in self._partials.items() if now - one.last >= quiet_s]

    def give_up(self, key: Key) -> None:
        """Make room for another connection's message."""
        self._forget(key)

    def clear(self) -> None:
        """Forget everything: the connection has ended."""
        for key in list(self._partials):
            self._let_go(key)

    def _forget(self, key: Key) -> Partial:
        self.given_up += 1
        return self._let_go(key)

    def _let_go(self, key: Key) -> Partial:
        partial = self._partials.pop(key)
        self.held_bytes -= partial.cost
        if self._budget is not None:
            self._budget.release(self, key)
        return partial


def _without_data(part: Part) -> Part:
    if isinstance(part, ImagePart):
        return ImagePart(part.reason, part.image_id, part.camera, part.size, part.offset)
    return RecordingPart(part.ack_serial, part.media_id, part.size, part.offset)
