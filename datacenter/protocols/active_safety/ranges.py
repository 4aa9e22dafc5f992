"""Which bytes of a file have come (已收数据段): sorted, disjoint, merged where they touch."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable


class Ranges:
    """Half-open ranges of one file of ``size`` bytes."""

    __slots__ = ("_starts", "_stops", "size")

    def __init__(self, size: int, known: Iterable[tuple[int, int]] = ()) -> None:
        self.size = size
        self._starts: list[int] = []
        self._stops: list[int] = []
        for start, stop in known:
            self.add(max(0, start), min(stop, size))

    def __len__(self) -> int:
        return len(self._starts)

    def pairs(self) -> list[tuple[int, int]]:
        """The ranges, in order."""
        return list(zip(self._starts, self._stops, strict=True))

    @property
    def had(self) -> int:
        """How many bytes have come."""
        return sum(self._stops) - sum(self._starts)

    @property
    def whole(self) -> bool:
        """Whether every byte has come; an empty file has."""
        return self.had == self.size

    def add(self, start: int, stop: int) -> None:
        """Bytes ``start`` to ``stop`` have come."""
        if start >= stop:
            return
        first, last = bisect_left(self._stops, start), bisect_right(self._starts, stop)
        if first < last:
            start, stop = min(start, self._starts[first]), max(stop, self._stops[last - 1])
        self._starts[first:last], self._stops[first:last] = [start], [stop]

    def grows(self, start: int, stop: int) -> bool:
        """Whether these bytes would touch nothing that has come: one more range."""
        return bisect_left(self._stops, start) == bisect_right(self._starts, stop)

    def missing(self, start: int = 0, stop: int | None = None) -> list[tuple[int, int]]:
        """What of ``start`` to ``stop`` has not come."""
        end = self.size if stop is None else stop
        out: list[tuple[int, int]] = []
        for index in range(bisect_right(self._stops, start), len(self._starts)):
            if self._starts[index] >= end:
                break
            if self._starts[index] > start:
                out.append((start, self._starts[index]))
            start = self._stops[index]
        if start < end:
            out.append((start, end))
        return out
