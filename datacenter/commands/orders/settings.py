"""Parameters of a terminal: asked and set (参数类指令)."""

from __future__ import annotations

from typing import Any

from django import forms

from datacenter.commands.orders.base import Bare808, Only808, Order, OrderForm, words
from datacenter.commands.orders.driver import hexadecimal
from datacenter.protocols.errors import FieldError
from datacenter.protocols.jt808 import messages as jt808
from datacenter.protocols.jt808.kinds import KeptText
from datacenter.protocols.jt808.parameters import PARAMETERS, TEXT, item, parameter_of
from datacenter.protocols.jt905 import messages as jt905
from datacenter.protocols.layout import Message
from datacenter.protocols.tlv import Tlv
from datacenter.protocols.wire import Flags, Integer

GROUP = "终端参数"
_MOST = 60
_EXAMPLES = "例如：\n0029 = 10\n0055 = 80"


class AllParametersForm(Bare808):
    """0x8104 (查询终端参数)."""

    message = jt808.ParametersQuery


class ListedParametersForm(OrderForm):
    """0x8106 of JT/T 808, 0x8104 of JT/T 905 (查询指定终端参数)."""

    ids = words("参数 ID", 600, help_text="十六进制，用空格隔开，例如 0001 0029 0055")

    def clean_ids(self) -> list[int]:
        """Ids of at most 4 bytes."""
        return [_number(word) for word in self.cleaned_data["ids"].split()][:_MOST]

    def messages(self, edition: str) -> list[Message]:
        ids = tuple(self.cleaned_data["ids"])
        if edition == "905":
            return [jt905.ParameterQuery(tuple(one & 0xFFFF for one in ids))]
        return [jt808.ListedParametersQuery(ids)]

    def summary(self) -> str:
        return " ".join(f"{one:04X}" for one in self.cleaned_data["ids"])


class SetParametersForm(Only808):
    """0x8103 (设置终端参数)."""

    parameters = words("参数", 4000, rows=6, help_text="每行一项：十六进制 ID = 值。" + _EXAMPLES)

    def clean_parameters(self) -> list[tuple[int, Any, Tlv]]:
        """Each line with the value as the table has it."""
        lines = [line.strip() for line in self.cleaned_data["parameters"].splitlines() if line.strip()]
        if not lines:
            raise forms.ValidationError("请填写参数")
        if len(lines) > _MOST:
            raise forms.ValidationError(f"共 {len(lines)} 项，一次最多 {_MOST} 项")
        return [_parameter(line) for line in lines]

    def messages(self, edition: str) -> list[Message]:
        items = tuple(one for _, _, one in self.cleaned_data["parameters"])
        return [jt808.SetParameters(len(items), items)]

    def summary(self) -> str:
        return "；".join(
            f"{PARAMETERS[code].title if code in PARAMETERS else f'{code:04X}'} = {value}"
            for code, value, _ in self.cleaned_data["parameters"]
        )


def _number(word: str) -> int:
    try:
        value = int(word.removeprefix("0x").removeprefix("0X"), 16)
    except ValueError:
        raise forms.ValidationError(f"“{word}”不是十六进制的参数 ID") from None
    if not 0 < value <= 0xFFFFFFFF:
        raise forms.ValidationError(f"参数 ID {word} 超出 4 字节")
    return value


def _parameter(line: str) -> tuple[int, Any, Tlv]:
    """One line. Raises ``ValidationError`` naming line, value and rule."""
    name, equals, text = (part.strip() for part in line.partition("="))
    if not equals:
        raise forms.ValidationError(f"“{line}”应为“ID = 值”")
    code = _number(name)
    known = parameter_of(code)
    if known is None:
        return code, text, Tlv(code, hexadecimal(text, 255))
    value: Any = text
    if known.kind is not TEXT and not isinstance(known.kind, KeptText):
        if not isinstance(known.kind, Integer | Flags) and not hasattr(known.kind, "codes"):
            return code, text, Tlv(code, hexadecimal(text, 255))
        try:
            value = int(text, 0)
        except ValueError:
            raise forms.ValidationError(f"{known.title}（{name}）的值“{text}”应为整数") from None
    try:
        return code, value, item(code, value)
    except FieldError:
        raise forms.ValidationError(f"{known.title}（{name}）的值“{text}”不符合 {known.kind.title}") from None


ORDERS = (
    Order("parameters", "查询全部参数", "list-details", GROUP, AllParametersForm),
    Order("parameters_listed", "查询指定参数", "list-search", GROUP, ListedParametersForm),
    Order("parameters_set", "设置参数", "settings", GROUP, SetParametersForm, "command.configure", careful=True),
)
