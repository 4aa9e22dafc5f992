"""What a terminal answered to an order, in words (应答内容)."""

from __future__ import annotations

from typing import Any

from datacenter.commands.models import Command
from datacenter.facts.envelope import protocol_of
from datacenter.facts.words import rows_of

RESULTS = {0: "成功", 1: "失败", 2: "消息有误", 3: "不支持", 4: "报警处理确认"}
"""Results of the general reply. JT/T 808-2019, message 0x0001."""


def result_word(command: Command) -> str:
    """What the terminal said of the order itself."""
    return RESULTS.get(command.result, f"代码 {command.result}") if command.result is not None else ""


def answer_rows(command: Command) -> list[tuple[str, str, Any]]:
    """Title, wire name and value of each field of the answer; nothing where there is none yet."""
    if not command.answer or command.answer_id is None:
        return []
    return rows_of(protocol_of(command.edition), command.answer_id, command.answer)
