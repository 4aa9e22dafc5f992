"""What people write, made fit to be kept (来话内容整理): pure rules on text.

A flood of emoji says nothing: signs are cut out and the cut is written down; where too few words are left, the text is
refused with a sentence that says why.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MOST: Final = 4000
# Signs that a sentence may carry without being cut: people do end one with a smile.
_FEW: Final = 3
_LEAST_LETTERS: Final = 2
_PHONE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?1\d{10}(?!\d)|(?<!\d)0\d{2,3}[- ]?\d{7,8}(?!\d)")
_IDENTITY = re.compile(r"(?<![\dXx])\d{17}[\dXx](?![\dXx])")
# Joiners and selectors that only glue signs together.
_GLUE = {"\u200d", "\ufe0e", "\ufe0f", "\u20e3"}


class NoWords(ValueError):
    """A text that holds no statement; the message is for people."""


def tidy(text: str, *, most: int = MOST) -> str:
    """``text`` without control characters and floods of signs. Raises ``NoWords`` for what is left without words."""
    text = "".join(
        char for char in text.replace("\r\n", "\n") if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs")
    ).strip()
    signs = sum(_is_sign(char) for char in text)
    if signs > _FEW:
        text = "".join(char for char in text if not _is_sign(char) and char not in _GLUE).strip()
    if sum(unicodedata.category(char)[0] in "LN" for char in text) < _LEAST_LETTERS:
        raise NoWords("内容几乎全是表情或符号，请用文字说明事由" if signs > _FEW else "请用文字说明事由")
    if len(text) > most:
        raise NoWords(f"内容 {len(text)} 字，最多 {most} 字，请删减")
    return f"{text}\n（已删去 {signs} 个表情符号）" if signs > _FEW else text


def without_callers_marks(text: str, *names: str) -> str:
    """``text`` for those who may not know who complained: phone and identity numbers and ``names`` are covered."""
    text = _IDENTITY.sub("（证件号已隐去）", text)
    text = _PHONE.sub("（号码已隐去）", text)
    for name in names:
        if len(name.strip()) > 1:
            text = text.replace(name.strip(), "（姓名已隐去）")
    return text


def _is_sign(char: str) -> bool:
    return unicodedata.category(char) == "So" or "\U0001f1e6" <= char <= "\U0001f3ff"
