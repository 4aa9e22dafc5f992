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
_PHONE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?[1１]\d{2}[- ]?\d{4}[- ]?\d{4}(?!\d)|(?<!\d)[0０]\d{2,3}[- ]?\d{7,8}(?!\d)")
# What is written between the digits of a number, and the country before a mobile one.
_GROUPING = re.compile(r"[\s()（）\-－—]+")
_COUNTRY = re.compile(r"^(?:\+|00)?86(?=1\d{10}$)|^\+86")
_LEAST_DIGITS: Final = 5
_IDENTITY = re.compile(r"(?<![\dXx])\d{17}[\dXx](?![\dXx])")
# Joiners and selectors that only glue signs together.
_GLUE = {"\u200d", "\ufe0e", "\ufe0f", "\u20e3"}


class NoWords(ValueError):
    """A text that holds no statement; the message is for people."""


def tidy(text: str, *, most: int = MOST) -> str:
    """``text`` without control characters and floods of signs. Raises ``NoWords`` for what is left without words."""
    text = "".join(char for char in text.replace("\r\n", "\n") if char in "\n\t" or _is_kept(char)).strip()
    signs = sum(_is_sign(char) for char in text)
    if signs > _FEW:
        text = "".join(char for char in text if not _is_sign(char) and char not in _GLUE).strip()
    if sum(unicodedata.category(char)[0] in "LN" for char in text) < _LEAST_LETTERS:
        raise NoWords("内容几乎全是表情或符号，请用文字说明事由" if signs > _FEW else "请用文字说明事由")
    if len(text) > most:
        raise NoWords(f"内容 {len(text)} 字，最多 {most} 字，请删减")
    return f"{text}\n（已删去 {signs} 个表情符号）" if signs > _FEW else text


def line(text: str) -> str:
    """``text`` as one line without control characters: no sheet and no table takes those."""
    return " ".join("".join(char for char in text if char in "\r\n\t" or _is_kept(char)).split())


def dialled(number: str) -> str:
    """``number`` as it is dialled, so that a caller is known again however it was written; other words stay as said."""
    digits = _COUNTRY.sub("", _GROUPING.sub("", number))
    return digits if digits.isdecimal() else number


def without_callers_marks(text: str, name: str = "", phone: str = "") -> str:
    """``text`` for those who may not know who complained: all phone and identity numbers, ``name`` and ``phone``."""
    text = _IDENTITY.sub("（证件号已隐去）", text)
    text = _PHONE.sub("（号码已隐去）", text)
    local = _local(dialled(phone))
    if len(local) >= _LEAST_DIGITS and local in "".join(filter(str.isdecimal, text)):  # however it is grouped
        text = re.sub(rf"(?<!\d){'[- ]?'.join(local)}(?!\d)", "（号码已隐去）", text)
    return text.replace(name.strip(), "（姓名已隐去）") if len(name.strip()) > 1 else text


def _local(number: str) -> str:
    """A number's digits without the area code that nobody says at home: three digits for 010 and 02x, else four."""
    if not number.isdecimal():
        return ""
    return number if number[0] != "0" else number[3 if number[1:2] in ("1", "2") else 4 :]


def _is_kept(char: str) -> bool:
    return unicodedata.category(char) not in ("Cc", "Cs")


def _is_sign(char: str) -> bool:
    return unicodedata.category(char) == "So" or "\U0001f1e6" <= char <= "\U0001f3ff"
