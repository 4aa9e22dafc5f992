"""Which inputs of a corpus are worth keeping: few that together go every way through the codec the corpus goes."""

import sys
from collections.abc import Callable, Iterable
from heapq import heapify, heappop, heappush
from types import FrameType
from typing import Any

Step = tuple[str, int, int]
"""A step from one line to the next, inside one file."""
CODEC = "/datacenter/protocols/"


def steps_of(work: Callable[[], None]) -> frozenset[Step]:
    """The steps that ``work`` takes through the codecs; tables' generated functions count as their own files."""
    steps: set[Step] = set()

    def enter(frame: FrameType, event: str, arg: Any) -> Any:
        name = frame.f_code.co_filename
        if CODEC not in name and not name.startswith("<table of"):
            return None
        last = -frame.f_code.co_firstlineno

        def step(frame: FrameType, event: str, arg: Any) -> Any:
            nonlocal last
            steps.add((name, last, frame.f_lineno))
            last = frame.f_lineno
            return step

        return step

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        work()
    finally:
        sys.settrace(before)
    return frozenset(steps)


def fewest(inputs: Iterable[bytes], steps: Callable[[bytes], frozenset[Step]], most: int) -> list[bytes]:
    """Inputs that together take every step, the one that adds most first; at most ``most`` of them."""
    heap = [(-len(taken), len(data), data, taken) for data in inputs if (taken := steps(data))]
    heapify(heap)
    covered: set[Step] = set()
    out: list[bytes] = []
    while heap and len(out) < most:
        gain, size, data, taken = heappop(heap)
        new = len(taken - covered)
        if new and -new > gain:
            heappush(heap, (-new, size, data, taken))
        elif new:
            covered |= taken
            out.append(data)
    return out
