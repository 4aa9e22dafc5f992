"""What a message says, in words (报文内容): titles of the protocol's tables beside the values of the wire."""

from __future__ import annotations

from typing import Any

from datacenter.facts.envelope import TABLES


def rows_of(protocol: str, message_id: int, content: dict[str, Any]) -> list[tuple[str, str, Any]]:
    """Title, wire name and value of each field in ``content``; a field without a title has its name for one."""
    form = TABLES[protocol].forms.get(message_id)
    titles: dict[str, str] = {}
    for line in form.layout.lines if form else ():
        titles[line.name] = line.title
        inner = getattr(line.kind, "layout", None)
        if inner is not None and line.kind.flat:
            titles |= {one.name: one.title for one in inner.lines}
    return [(titles.get(name, name), name, value) for name, value in content.items()]
