"""Cuts Chinese into terms (切词): each pair of neighbouring characters, each character, and each word of letters.

No dictionary: a term of the trade that no dictionary knows is found like any other. How well that does against a
dictionary and against trigrams stands in ``docs/knowledge.md``. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_RUN = re.compile(r"[\u3400-\u9fff]+|[a-z0-9]+")
# Signs of grammar: alone they say nothing of what a text is about.
_EMPTY = frozenset(
    "的了是在我你他她它们有和与就都也还很着过吗呢吧啊呀么嘛这那个一不要没被把给让对从到用为上下里中会能可"
)
MOST_TERMS = 400


def terms(text: str) -> Iterator[str]:
    """The terms of ``text`` in order; full width and capitals are made equal first."""
    for run in _RUN.findall(unicodedata.normalize("NFKC", text).casefold()):
        if run[0].isascii():
            yield run[:24]
            continue
        yield from (sign for sign in run if sign not in _EMPTY)
        yield from (run[place : place + 2] for place in range(len(run) - 1))


def asked(question: str) -> list[str]:
    """The terms of a question, each once, at most so many."""
    return list(dict.fromkeys(terms(question[:200])))[:MOST_TERMS]
