"""What an engineer fills in to have frames explained."""

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from datacenter.diagnosis.pasted import MOST_CHARACTERS, MOST_FRAMES
from datacenter.gateway.models import RawFrame
from datacenter.protocols.explaining import EXPLAINERS

TITLES: dict[str, Any] = {
    "jt808": _("JT/T 808（道路运输车辆终端）"),
    "jt905": _("JT/T 905（出租汽车终端）"),
    "jt1078": _("JT/T 1078（视频）"),
    "jt808-su": _("T/JSATL 12（主动安全）"),
    "jt809": _("JT/T 809（平台间）"),
    "jt809-2011": _("JT/T 809-2011（平台间）"),
    "jt809-2019": _("JT/T 809-2019（平台间）"),
}
"""Protocols in the order of the list; those that nobody explains are left out."""


class PasteForm(forms.Form):
    """Frames and, where known, their protocol."""

    protocol = forms.ChoiceField(
        label=_("协议"), required=False, widget=forms.Select(attrs={"class": "form-select"}), choices=()
    )
    text = forms.CharField(
        label=_("报文"),
        max_length=MOST_CHARACTERS,
        strip=False,
        help_text=format_lazy(
            _("每行一帧十六进制，可带空格、0x，大小写不限；也可粘贴 manage.py decode 的 JSON 行。最多 {most} 帧。"),
            most=MOST_FRAMES,
        ),
        widget=forms.Textarea(
            attrs={"class": "form-control mono", "rows": 6, "spellcheck": "false", "autocomplete": "off"}
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(name, title) for name, title in TITLES.items() if name in EXPLAINERS]
        self.fields["protocol"].choices = [("", _("自动识别")), *known]  # type: ignore[attr-defined]


class RecordingForm(forms.Form):
    """For how long a vehicle is recorded."""

    hours = forms.TypedChoiceField(
        label=_("记录时长"),
        coerce=int,
        choices=[(1, _("1 小时")), (4, _("4 小时")), (12, _("12 小时")), (24, _("24 小时"))],
        widget=forms.Select(attrs={"class": "form-select"}),
    )


class RawFilterForm(forms.Form):
    """The log's filters, as they stand in its address."""

    direction = forms.ChoiceField(
        label=_("方向"),
        required=False,
        choices=[("", _("全部")), *RawFrame.Direction.choices],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    message = forms.RegexField(
        r"^\s*(0[xX])?[0-9a-fA-F]{1,4}\s*$",
        label=_("消息 ID"),
        required=False,
        max_length=12,
        error_messages={"invalid": _("消息 ID 为 1 至 4 位十六进制，例如 0200 或 0x0200")},
        widget=forms.TextInput(attrs={"class": "form-control mono", "size": 8, "placeholder": "0200"}),
    )

    def clean_message(self) -> int | None:
        """The id as a number; None where none is asked for."""
        text = self.cleaned_data["message"].strip()
        return int(text, 16) if text else None
