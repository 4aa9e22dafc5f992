"""The process that sets one paper: ``python press.py FOLDER FONTS TIMESTAMP MEMORY_BYTES CPU_SECONDS``.

FOLDER holds ``main.typ``, ``data.json`` and the pictures; ``paper.pdf`` comes to lie beside them. It is a process of
its own so that a template or a picture that runs wild costs the web process neither its memory nor its time. It reads
nothing outside FOLDER and FONTS, and imports nothing of ours.
"""

import resource
import sys
from datetime import UTC, datetime
from pathlib import Path

import typst


def main(folder: Path, fonts: list[str], timestamp: int, memory_bytes: int, cpu_s: int) -> int:
    """0 when the paper lies in ``folder``; else 1, the reason on stderr."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    try:
        typst.compile(
            folder / "main.typ",
            output=folder / "paper.pdf",
            root=folder,
            font_paths=fonts,
            ignore_system_fonts=True,
            timestamp=datetime.fromtimestamp(timestamp, UTC),
        )
    except typst.TypstError as fault:
        print(f"{fault} {getattr(fault, 'hints', '')}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2].split(":"), *(int(word) for word in sys.argv[3:6])))
