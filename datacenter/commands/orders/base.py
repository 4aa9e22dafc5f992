"""One order that a person can give (指令), and the form it is filled in by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from django import forms

from datacenter.facts.envelope import protocol_of
from datacenter.protocols.layout import Message

DAY = timedelta(days=1)
TEXT = {"class": "form-control"}
SELECT = {"class": "form-select"}
MOMENT = "%Y-%m-%dT%H:%M"


class OrderForm(forms.Form):
    """What has to be said for one order; ``messages`` makes what a terminal gets, ``summary`` says it in words."""

    speaks: ClassVar[frozenset[str]] = frozenset({"jt808", "jt905"})

    @classmethod
    def fits(cls, edition: str) -> bool:
        """Whether a terminal of this edition knows the order."""
        return protocol_of(edition) in cls.speaks

    def messages(self, edition: str) -> list[Message]:
        """The messages for a terminal of ``edition``, in order; the form is valid."""
        raise NotImplementedError

    def summary(self) -> str:
        """The order in a few words, for lists."""
        return ""


class Only808(OrderForm):
    """An order that JT/T 905 does not have."""

    speaks = frozenset({"jt808"})


class Bare808(Only808):
    """An order without anything to fill in: its message is ``message``."""

    message: ClassVar[type[Message]]

    def messages(self, edition: str) -> list[Message]:
        return [self.message()]


@dataclass(frozen=True, slots=True)
class Order:
    """One line of the table.

    ``expires_in``: how long it waits for a terminal that is away. ``many``: may go to a selection of vehicles.
    ``quick``: a button of its own in the vehicle's drawer. ``careful``: is asked for once more before it goes.
    """

    code: str
    title: str
    icon: str
    group: str
    form: type[OrderForm]
    right: str = "command.send"
    expires_in: timedelta = DAY
    many: bool = True
    quick: bool = False
    careful: bool = False


def whole(label: str, least: int, most: int, initial: int | None = None, **more: Any) -> forms.IntegerField:
    """A whole number within bounds."""
    widget = forms.NumberInput(attrs=TEXT)
    return forms.IntegerField(label=label, min_value=least, max_value=most, initial=initial, widget=widget, **more)


def chosen(label: str, choices: Any, initial: Any = None, **more: Any) -> forms.TypedChoiceField:
    """One of a table's codes, as a number."""
    pairs = choices.items() if isinstance(choices, dict) else choices
    return forms.TypedChoiceField(
        label=label, choices=list(pairs), coerce=int, initial=initial, widget=forms.Select(attrs=SELECT), **more
    )


def words(label: str, most: int, *, rows: int = 0, **more: Any) -> forms.CharField:
    """A text; ``rows`` makes it a larger field."""
    widget: forms.Widget = forms.Textarea(attrs={**TEXT, "rows": rows}) if rows else forms.TextInput(attrs=TEXT)
    return forms.CharField(label=label, max_length=most, widget=widget, **more)


def ticked(label: str, *, initial: bool = False) -> forms.BooleanField:
    """Yes or no."""
    return forms.BooleanField(
        label=label, required=False, initial=initial, widget=forms.CheckboxInput(attrs={"class": "form-check-input"})
    )


def moment(label: str, *, required: bool = False) -> forms.DateTimeField:
    """A moment, the officer's clock."""
    widget = forms.DateTimeInput(attrs={**TEXT, "type": "datetime-local"}, format=MOMENT)
    return forms.DateTimeField(label=label, required=required, widget=widget)


def clean_gbk(text: str, most_bytes: int, rule: str) -> str:
    """``text`` if terminals can show it: GBK, at most so many bytes. Raises ``ValidationError`` naming the rule."""
    try:
        size = len(text.encode("gb18030"))
    except UnicodeEncodeError:
        raise forms.ValidationError("含有终端无法显示的字符") from None
    if size > most_bytes:
        raise forms.ValidationError(f"内容 {size} 字节，{rule}不超过 {most_bytes} 字节")
    return text


def in_order(form: forms.Form, first: str, last: str) -> None:
    """Refuse an end before its beginning."""
    start, end = form.cleaned_data.get(first), form.cleaned_data.get(last)
    if start and end and end <= start:
        form.add_error(last, "结束时间应晚于起始时间")
