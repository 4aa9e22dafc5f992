"""Draws folded stacks (`py-spy record -f raw`) as a plain SVG flame graph: `scripts/flame.py OUT.svg IN.txt [TITLE]`.

Width is time, a bar stands on who called it; bars narrower than a pixel are left out. Idle threads are dropped: py-spy
sees a thread that waits in a lock as one that works.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

WIDTH, ROW, SHORT = 1200, 17, 40
IDLE = ("(threading.py", "(concurrent/futures/thread.py", "(kombu/utils/eventio.py", "Outbox._run (")


@dataclass
class Bar:
    """A function under its callers, and how many samples saw it."""

    count: int = 0
    callees: dict[str, Bar] = field(default_factory=dict)


def read(path: Path) -> Bar:
    """The stacks of a file, one inside the other; those that end in waiting are left out."""
    root = Bar()
    for line in path.read_text(encoding="utf-8").splitlines():
        stack, _, count = line.rpartition(" ")
        names = stack.split(";")
        if any(mark in names[-1] for mark in IDLE):
            continue
        root.count += int(count)
        bar = root
        for name in names:
            bar = bar.callees.setdefault(name.rsplit(":", 1)[0] + ")", Bar())
            bar.count += int(count)
    return root


def trunk(bar: Bar) -> Bar:
    """Without the callers that all stacks share."""
    while len(bar.callees) == 1:
        (bar,) = bar.callees.values()
    return bar


def rects(bar: Bar, x: float, depth: int, scale: float) -> Iterator[tuple[float, int, float, str, int]]:
    """Each bar's place: x, row, width, name, samples."""
    for name, callee in sorted(bar.callees.items()):
        width = callee.count * scale
        if width >= 1:
            yield x, depth, width, name, callee.count
            yield from rects(callee, x, depth + 1, scale)
        x += width


def draw(root: Bar, title: str) -> str:
    """The picture."""
    bars = list(rects(trunk(root), 0, 0, WIDTH / max(1, root.count)))
    rows = max((depth for _, depth, *_ in bars), default=0) + 1
    height = rows * ROW + 30
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif"'
        ' font-size="11">',
        f'<text x="4" y="16" font-size="13">{escape(title)}</text>',
    ]
    for x, depth, width, name, count in bars:
        y = height - (depth + 1) * ROW
        share = 100 * count / root.count
        label = escape(name[: int(width / 6)]) if width > SHORT else ""
        colour = "#4c8fd6" if "datacenter/" in name else "#c9ced6"  # ours are blue
        out += [
            f"<g><title>{escape(name)}: {share:.1f} %</title>",
            f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{ROW - 1}" fill="{colour}"/>',
            f'<text x="{x + 2:.1f}" y="{y + 12}">{label}</text></g>',
        ]
    return "\n".join([*out, "</svg>", ""])


if __name__ == "__main__":
    target, source, *words = sys.argv[1:]
    Path(target).write_text(draw(read(Path(source)), " ".join(words)), encoding="utf-8")
