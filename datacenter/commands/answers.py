"""What a terminal answered, in words (回复内容): titles of the protocol's tables beside the values of the wire."""

from __future__ import annotations

from typing import Any

from datacenter.commands.models import Command
from datacenter.facts.envelope import TABLES, protocol_of

RESULTS = {0: "成功", 1: "失败", 2: "消息有误", 3: "不支持", 4: "报警处理确认"}
"""Results of the general reply. JT/T 808-2019, message 0x0001."""


def result_word(command: Command) -> str:
    """What the terminal said of the order itself."""
    return RESULTS.get(command.result, f"代码 {command.result}") if command.result is not None else ""


def answer_rows(command: Command) -> list[tuple[str, str, Any]]:
    """Name, wire name and value of each field of the answer."""
    if not command.answer:
        return []
    form = TABLES[protocol_of(command.edition)].forms.get(command.answer_id or 0)
    titles: dict[str, str] = {}
    for line in form.layout.lines if form else ():
        titles[line.name] = line.title
        inner = getattr(line.kind, "layout", None)
        if inner is not None and line.kind.flat:
            titles |= {one.name: one.title for one in inner.lines}
    return [(titles.get(name, name), name, value) for name, value in command.answer.items()]
