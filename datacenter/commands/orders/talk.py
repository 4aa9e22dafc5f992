"""Words to the driver, and calls (对话类指令)."""

from __future__ import annotations

from typing import Any

from django import forms

from datacenter.commands.orders.base import Bare808, Only808, Order, OrderForm, chosen, clean_gbk, ticked, words
from datacenter.facts.envelope import protocol_of
from datacenter.protocols.jt808 import messages as jt808
from datacenter.protocols.jt808.messages.dialogue import Choice, EventItem
from datacenter.protocols.jt905 import messages as jt905
from datacenter.protocols.layout import Message

GROUP = "与驾驶员联络"
URGENT, SCREEN, SPOKEN = 1 << 0, 1 << 2, 1 << 3
_KINDS_2019 = {"notice": 0b11, "urgent": 0b10, "service": 0b01}
_TEXT_BYTES_808, _TEXT_BYTES_905 = 1024, 499
_MOST_CHOICES = 10


class TextForm(OrderForm):
    """0x8300 (文本信息下发)."""

    text = words("文本内容", 500, rows=3, help_text="JT/T 808 终端不超过 1024 字节，JT/T 905 终端不超过 499 字节")
    kind = forms.ChoiceField(
        label="类型",
        choices=[("notice", "通知"), ("urgent", "紧急"), ("service", "服务")],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    screen = ticked("终端屏幕显示", initial=True)
    spoken = ticked("语音播读", initial=True)

    def clean_text(self) -> str:
        """Within what the shorter of the two standards takes."""
        return clean_gbk(self.cleaned_data["text"], _TEXT_BYTES_905, "车载终端")

    def clean(self) -> dict[str, Any]:
        """Shown or spoken: a text that is neither reaches nobody."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not cleaned.get("screen") and not cleaned.get("spoken"):
            self.add_error("spoken", "请选择屏幕显示或语音播读")
        return cleaned

    def messages(self, edition: str) -> list[Message]:
        data = self.cleaned_data
        where = (SCREEN if data["screen"] else 0) | (SPOKEN if data["spoken"] else 0)
        urgent = URGENT if data["kind"] == "urgent" else 0
        if protocol_of(edition) == "jt905":
            return [jt905.Text(where | urgent, data["text"])]
        if edition == "2019":
            text_type = 2 if data["kind"] == "service" else 1
            return [jt808.TextMessage(where | _KINDS_2019[data["kind"]], text_type, data["text"])]
        return [jt808.TextMessage(where | urgent, None, data["text"])]

    def summary(self) -> str:
        return str(self.cleaned_data["text"])


class CallBackForm(OrderForm):
    """0x8400 (电话回拨、监听)."""

    flag = chosen("方式", {0: "通话", 1: "监听（车内无提示）"})
    phone = words("拨打号码", 20, help_text="终端将拨打此号码")

    def clean_phone(self) -> str:
        """A number that can be dialled."""
        phone = str(self.cleaned_data["phone"]).strip()
        if not phone.lstrip("+").isdigit():
            raise forms.ValidationError(f"“{phone}”不是电话号码，只能含数字，开头可有 +")
        return phone

    def messages(self, edition: str) -> list[Message]:
        form = jt905.CallBack if protocol_of(edition) == "jt905" else jt808.CallBack
        return [form(self.cleaned_data["flag"], self.cleaned_data["phone"])]

    def summary(self) -> str:
        return f"{'监听' if self.cleaned_data['flag'] else '通话'}，回拨 {self.cleaned_data['phone']}"


def _lines(text: str, most: int) -> list[str]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        raise forms.ValidationError("请每行填写一项")
    if len(lines) > most:
        raise forms.ValidationError(f"共 {len(lines)} 项，最多 {most} 项")
    for line in lines:
        clean_gbk(line, 60, "每项")
    return lines


class QuestionForm(OrderForm):
    """0x8302 (提问下发); the driver answers by a key. Not in JT/T 808-2019."""

    question = words("问题", 100)
    choices = words("候选答案", 600, rows=4, help_text="每行一个，最多 10 个")

    @classmethod
    def fits(cls, edition: str) -> bool:
        """2019 has no questions any more."""
        return edition != "2019"

    def clean_question(self) -> str:
        """Its length is one byte in 2013."""
        return clean_gbk(self.cleaned_data["question"], 200, "问题")

    def clean_choices(self) -> list[str]:
        """One a line."""
        return _lines(self.cleaned_data["choices"], _MOST_CHOICES)

    def messages(self, edition: str) -> list[Message]:
        question, offered = self.cleaned_data["question"], enumerate(self.cleaned_data["choices"], 1)
        if protocol_of(edition) == "jt905":
            events = tuple(jt905.MenuEvent(number, text) for number, text in offered)
            return [jt905.Question(SCREEN | SPOKEN, 1, question, events)]
        if edition == "2019":
            return []
        return [jt808.Question(SPOKEN, question, tuple(Choice(number, text) for number, text in offered))]

    def summary(self) -> str:
        return f"{self.cleaned_data['question']}（{' / '.join(self.cleaned_data['choices'])}）"


class EventsForm(OrderForm):
    """0x8301 (事件设置): what the driver can report by a key. Not in JT/T 808-2019."""

    events = words("事件项", 600, rows=4, help_text="每行一个，最多 10 个；替换终端原有事件")

    @classmethod
    def fits(cls, edition: str) -> bool:
        """2019 has no events any more."""
        return edition != "2019"

    def clean_events(self) -> list[str]:
        """One a line."""
        return _lines(self.cleaned_data["events"], _MOST_CHOICES)

    def messages(self, edition: str) -> list[Message]:
        offered = list(enumerate(self.cleaned_data["events"], 1))
        if protocol_of(edition) == "jt905":
            return [jt905.SetEvents.of(tuple(jt905.MenuEvent(number, text) for number, text in offered))]
        if edition == "2019":
            return []
        return [jt808.EventSetting(1, tuple(EventItem(number, text) for number, text in offered))]

    def summary(self) -> str:
        return "、".join(self.cleaned_data["events"])


class PhoneBookForm(Only808):
    """0x8401 (设置电话本)."""

    contacts = words("联系人", 1000, rows=4, help_text="每行一个：号码 姓名，例如 0427-2812328 值班室；替换原有电话本")

    def clean_contacts(self) -> list[tuple[str, str]]:
        """Number and name a line."""
        found = []
        for line in _lines(self.cleaned_data["contacts"], 30):
            phone, _, name = line.partition(" ")
            if not phone.replace("-", "").lstrip("+").isdigit() or not name.strip():
                raise forms.ValidationError(f"“{line}”应为“号码 姓名”")
            found.append((phone, name.strip()))
        return found

    def messages(self, edition: str) -> list[Message]:
        contacts = tuple(jt808.Contact(3, phone, name) for phone, name in self.cleaned_data["contacts"])
        return [jt808.PhoneBook(1, contacts)]

    def summary(self) -> str:
        return f"{len(self.cleaned_data['contacts'])} 个联系人"


class LinkCheckForm(Bare808):
    """0x8204 (链路检测)."""

    message = jt808.LinkCheck

    @classmethod
    def fits(cls, edition: str) -> bool:
        """New in 2019."""
        return edition == "2019"


ORDERS = (
    Order("text", "文本下发", "message", GROUP, TextForm, quick=True),
    Order("call", "电话回拨 / 监听", "phone-call", GROUP, CallBackForm, many=False, quick=True),
    Order("question", "提问", "help-circle", GROUP, QuestionForm),
    Order("events", "事件设置", "list-check", GROUP, EventsForm),
    Order("phone_book", "电话本", "address-book", GROUP, PhoneBookForm),
    Order("link", "链路检测", "plug-connected", GROUP, LinkCheckForm),
)
