"""What a person fills in about frames and terminals that the gateway could not take."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from datacenter.gateway.models import UnknownTerminal
from datacenter.gateway.selectors import vehicles_by_plate
from datacenter.registry.models import Terminal, Vehicle

# What a reason's code means; a code that is not here is shown as it is.
REASONS: dict[str, Any] = {
    "header-too-short": _("消息头不完整"),
    "bad-checksum": _("校验码不符"),
    "bad-escape": _("转义错误"),
    "body-length-mismatch": _("消息体长度不符"),
    "frame-too-long": _("报文超长"),
    "encrypted-body": _("消息体加密，无密钥"),
    "sub-packaged": _("分包未重组"),
    "bad-packet-number": _("分包序号错误"),
    "assembly-refused": _("分包超出限额"),
    "unknown-message": _("未知消息"),
    "bad-field": _("字段无法读取"),
    "truncated-body": _("消息体截断"),
    "bad-bcd": _("BCD 码错误"),
    "bad-time": _("时间无效"),
    "bad-text": _("文字编码错误"),
    "protocol-error": _("协议错误"),
}


class FrameFilterForm(forms.Form):
    """The list's filters, as they stand in its address."""

    reason = forms.ChoiceField(label=_("原因"), required=False, widget=forms.Select(attrs={"class": "form-select"}))
    q = forms.CharField(
        label=_("终端手机号或车牌"),
        max_length=20,
        required=False,
        widget=forms.SearchInput(attrs={"class": "form-control", "data-search-here": ""}),
    )
    since = forms.DateTimeField(
        label=_("收到自"),
        required=False,
        widget=forms.DateTimeInput(attrs={"class": "form-control", "type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    until = forms.DateTimeField(
        label=_("至"),
        required=False,
        widget=forms.DateTimeInput(attrs={"class": "form-control", "type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def __init__(self, *args: Any, seen: list[dict[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        counts = {row["reason"]: row["count"] for row in seen}
        known = [*counts, *(code for code in REASONS if code not in counts)]
        wanted = self.data.get("reason")
        if wanted and wanted not in known:
            known.append(wanted)  # a reason of earlier days
        self.fields["reason"].choices = [  # type: ignore[attr-defined]
            ("", _("全部")),
            *((code, f"{REASONS.get(code, code)}（{counts.get(code, 0)}）") for code in known),
        ]


class AdoptForm(forms.Form):
    """接纳: the vehicle by its plate, and whether the new terminal takes the place of one that is fitted."""

    plate = forms.CharField(
        label=_("车牌号"),
        max_length=10,
        widget=forms.TextInput(attrs={"class": "form-control", "size": 9}),
        error_messages={"required": _("请填写车牌号")},
    )
    vehicle = forms.IntegerField(required=False)
    replacing = forms.CharField(required=False)

    def __init__(self, *args: Any, unknown: UnknownTerminal, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.unknown, self.user = unknown, user
        self.candidates: list[Vehicle] = []

    def clean_plate(self) -> str:
        """A plate of the registry."""
        plate: str = self.cleaned_data["plate"].strip().upper()
        self.candidates = vehicles_by_plate(self.user, [plate]).get(plate, [])
        if not self.candidates:
            raise forms.ValidationError(_("登记中没有车牌 %(plate)s 的在册车辆，请先登记车辆"), params={"plate": plate})
        return plate

    def clean(self) -> dict[str, Any]:
        """One vehicle, and an answer about the terminal it already has."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.candidates:
            return cleaned
        chosen = [v for v in self.candidates if cleaned.get("vehicle") in (None, v.pk)]
        if len(chosen) != 1:
            self.add_error("plate", _("有多辆车使用这个车牌号（颜色不同），请选择车辆"))
            return cleaned
        vehicle = cleaned["vehicle"] = chosen[0]
        answer, fitted = cleaned.get("replacing", ""), {str(t.pk): t for t in vehicle.fitted}  # type: ignore[attr-defined]
        if fitted and not answer:
            self.add_error("replacing", _("该车已有在用终端，请选择更换还是同时使用"))
        elif answer not in ("", "none", *fitted):
            self.add_error("replacing", _("被更换的终端已不在这辆车上"))
        cleaned["replacing"] = fitted.get(answer)
        return cleaned

    @property
    def terminal(self) -> Terminal | None:
        """The terminal to be replaced."""
        return self.cleaned_data["replacing"]  # type: ignore[no-any-return]
