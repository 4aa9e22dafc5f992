"""From template and data to PDF (文书排版): one function, bounded, the same bytes for the same inputs.

Data reach the template as a JSON file that it reads, never as text put into it: what an officer typed is shown, not
run.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from datacenter.papers import press
from datacenter.papers.errors import FontMissing, PaperFailed, PaperTooLarge, PressBusy

MOST_S = 30
MOST_MEMORY_BYTES = 3 << 30
"""Address space, of which the setter reserves much and touches little."""
MOST_AT_ONCE = 2
_PRESSES = threading.BoundedSemaphore(MOST_AT_ONCE)
_TEMPLATES = Path(__file__).parent / "templates"
_WEIGHTS = {"400Regular": "NotoSansSC_400Regular.ttf", "700Bold": "NotoSansSC_700Bold.ttf"}


def font(weight: str = "400Regular") -> Path:
    """The packaged CJK font. Raises ``FontMissing``."""
    path = Path(settings.BASE_DIR) / "node_modules/@expo-google-fonts/noto-sans-sc" / weight / _WEIGHTS[weight]
    if not path.is_file():
        raise FontMissing(folder=str(path.parent))
    return path


def render(
    template: str, data: Mapping[str, Any], *, at: datetime, pictures: Mapping[str, bytes] | None = None
) -> bytes:
    """The PDF of ``templates/<template>.typ`` over ``data``, dated ``at``.

    ``pictures`` lie beside the template under their names. Raises ``FontMissing``, ``PaperFailed``,
    ``PaperTooLarge``, ``PressBusy``.
    """
    fonts = ":".join(str(font(weight).parent) for weight in _WEIGHTS)
    with tempfile.TemporaryDirectory(prefix="paper-") as name:
        folder = Path(name)
        shutil.copyfile(_TEMPLATES / f"{template}.typ", folder / "main.typ")
        (folder / "data.json").write_text(json.dumps(data, ensure_ascii=False, sort_keys=True), encoding="utf-8")
        for picture, content in (pictures or {}).items():
            (folder / Path(picture).name).write_bytes(content)
        limits = (str(int(at.timestamp())), str(MOST_MEMORY_BYTES), str(MOST_S))
        _in_turn(folder, [sys.executable, "-I", press.__file__, str(folder), fonts, *limits])
        return (folder / "paper.pdf").read_bytes()


def _in_turn(folder: Path, command: list[str]) -> None:
    if not _PRESSES.acquire(timeout=MOST_S):
        raise PressBusy(limit=MOST_AT_ONCE)
    try:
        _press(folder, command)
    finally:
        _PRESSES.release()


def _press(folder: Path, command: list[str]) -> None:
    # One thread: the setter's pool would reserve a stack for every core, and a page must not take them all.
    environment = {"PATH": os.defpath, "RAYON_NUM_THREADS": "1", "LANG": "C.UTF-8"}
    try:
        done = subprocess.run(  # noqa: S603  our own interpreter, our own script
            command, env=environment, capture_output=True, timeout=MOST_S, check=False
        )
    except subprocess.TimeoutExpired as fault:
        raise PaperTooLarge(rule="seconds", limit=MOST_S) from fault
    if done.returncode < 0 or b"MemoryError" in done.stderr:  # the kernel or the allocator ended it
        raise PaperTooLarge(rule="seconds or bytes", limit=(MOST_S, MOST_MEMORY_BYTES))
    if done.returncode or not (folder / "paper.pdf").is_file():
        raise PaperFailed(reason=done.stderr.decode("utf-8", "replace")[-2000:])
