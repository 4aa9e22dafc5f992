"""The children's output, a whole line at a time, each with the name of who said it (输出)."""

import os
import sys
from typing import TextIO

COLOURS = (36, 32, 33, 35, 34, 96, 92, 93, 95, 94)
LONGEST_LINE = 16_384


class Printer:
    """Writes lines of many processes to one stream, never one inside another."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._coloured = self._stream.isatty() and not os.environ.get("NO_COLOR")
        self._colours: dict[str, int] = {}
        self._width = 10

    def line(self, name: str, text: str) -> None:
        """Prints ``text`` as a line of ``name``. Raises ``BrokenPipeError`` when nobody reads any more."""
        self._width = max(self._width, len(name))
        label = f"{name:<{self._width}} |"
        if self._coloured:
            colour = self._colours.setdefault(name, COLOURS[len(self._colours) % len(COLOURS)])
            label = f"\x1b[{colour}m{label}\x1b[0m"
        self._stream.write(f"{label} {text}\n")
        self._stream.flush()


class LineBuffer:
    """Cuts a stream of bytes into lines; an endless line is cut where it gets too long."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        """The lines that ``data`` completes."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            lines.append(self._rest)
            self._rest = b""
        return [_readable(line) for line in lines]

    def flush(self) -> list[str]:
        """What is left when the stream ends without a line's end."""
        rest, self._rest = self._rest, b""
        return [_readable(rest)] if rest else []


def _readable(line: bytes) -> str:
    return line.rstrip(b"\r").decode("utf-8", "backslashreplace")
