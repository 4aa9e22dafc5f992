"""An article's plain text as paragraphs and lists (排版); templates escape every line, no markup passes."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Paragraph:
    """Some lines: of a list, or of running text."""

    listed: bool
    lines: list[str] = field(default_factory=list)


def paragraphs(body: str) -> list[Paragraph]:
    """``body`` cut at empty lines, and where a list ("- ") begins or ends."""
    found: list[Paragraph] = []
    fresh = True
    for line in body.splitlines():
        text = line.strip()
        if not text:
            fresh = True
            continue
        listed = text.startswith("- ")
        if fresh or found[-1].listed != listed:
            found.append(Paragraph(listed))
        found[-1].lines.append(text[2:].strip() if listed else text)
        fresh = False
    return found
