"""What is filled in about a lost or found thing (失物登记表)."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.lost.models import LostItem
from datacenter.registry.models import Practitioner, Vehicle
from datacenter.registry.selectors import bindings_visible_to, vehicles_visible_to
from datacenter.tracks.passed_forms import MomentField

_TEXT, _SELECT = {"class": "form-control"}, {"class": "form-select"}
_ORDERS: Any = LostItem._meta.get_field("order").remote_field.model  # lost and orders know each other by key alone
_PNG = "data:image/png;base64,"


class ItemForm(forms.ModelForm):
    """A thing; vehicle and order are named as people name them, by plate and number."""

    happened_at = MomentField(label=_("遗失或拾到时间"))
    plate = forms.CharField(label=_("车牌号"), required=False, max_length=10, widget=forms.TextInput(_TEXT))
    order_number = forms.CharField(label=_("工单号"), required=False, max_length=20, widget=forms.TextInput(_TEXT))
    photo = forms.FileField(
        label=_("照片"), required=False, widget=forms.FileInput({**_TEXT, "accept": "image/*"}),
        help_text=_("JPEG、PNG、WebP，不超过 10 MB"),
    )  # fmt: skip

    class Meta:
        model = LostItem
        fields = ("side", "found_by", "kind", "colour", "description", "happened_at", "place", "person_name",
                  "person_phone")  # fmt: skip
        widgets = {
            "side": forms.Select(_SELECT),
            "found_by": forms.Select(_SELECT),
            "kind": forms.Select(_SELECT),
            "colour": forms.Select(_SELECT),
            "description": forms.TextInput({**_TEXT, "placeholder": _("品牌、型号、特征，如：黑色华为，屏幕有裂纹")}),
            "place": forms.TextInput(_TEXT),
            "person_name": forms.TextInput(_TEXT),
            "person_phone": forms.TextInput(_TEXT),
        }

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.vehicle: Vehicle | None = None
        self.order: Any = None
        self.fields["happened_at"].widget.attrs["class"] = "form-control"

    def clean_plate(self) -> str:
        """A taxi that the user may see."""
        plate = str(self.cleaned_data["plate"]).strip().upper()
        if plate:
            rows = vehicles_visible_to(self.user).filter(plate=plate).exclude(state=Vehicle.State.RETIRED)
            self.vehicle = rows.first()
            if self.vehicle is None:
                raise forms.ValidationError(_("没有登记这个车牌号的车辆"))
        return plate

    def clean_order_number(self) -> str:
        """A work order."""
        number = str(self.cleaned_data["order_number"]).strip()
        if number:
            self.order = _ORDERS.objects.filter(number=number).first()
            if self.order is None:
                raise forms.ValidationError(_("没有这个工单号"))
        return number

    def clean(self) -> dict[str, Any]:
        """Who found it, where it was found; a rule of the table would say it less plainly."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("side") == LostItem.Side.LOST:
            cleaned["found_by"] = ""
        elif cleaned.get("side") == LostItem.Side.FOUND and not cleaned.get("found_by"):
            self.add_error("found_by", _("请选择拾到人"))
        return cleaned

    def clean_description(self) -> str:
        """Some words."""
        text = str(self.cleaned_data["description"]).strip()
        if len(text) < 2:
            raise forms.ValidationError(_("请描述物品特征"))
        return text

    def facts(self) -> dict[str, Any]:
        """Columns of a valid form; the driver is who was bound to the taxi then, if that is one person."""
        names = self.Meta.fields
        facts = {name: self.cleaned_data[name] for name in names}
        return {**facts, "vehicle": self.vehicle, "order": self.order, "practitioner": self._driver()}

    def _driver(self) -> Practitioner | None:
        if self.vehicle is None:
            return None
        at = self.cleaned_data["happened_at"]
        rows = bindings_visible_to(self.user).filter(vehicle=self.vehicle, since__lte=at).select_related("practitioner")
        people = {row.practitioner_id: row.practitioner for row in rows[:4] if row.until is None or row.until > at}
        return next(iter(people.values())) if len(people) == 1 else None


class ItemFilters(forms.Form):
    """What the list of things is cut to; a value that makes no sense is left out."""

    q = forms.CharField(label=_("编号、特征或车牌"), required=False, max_length=40,
                        widget=forms.SearchInput({**_TEXT, "data-search-here": "", "size": 14}))  # fmt: skip
    side = forms.ChoiceField(label=_("登记类型"), required=False, choices=[("", _("全部")), *LostItem.Side.choices],
                             widget=forms.Select(_SELECT))  # fmt: skip
    kind = forms.ChoiceField(label=_("类别"), required=False, choices=[("", _("全部")), *LostItem.Kind.choices],
                             widget=forms.Select(_SELECT))  # fmt: skip
    state = forms.ChoiceField(label=_("状态"), required=False, choices=[("", _("全部")), *LostItem.State.choices],
                              widget=forms.Select(_SELECT))  # fmt: skip


class HandOverForm(forms.Form):
    """Who takes a thing away; the signature comes as a data address of a PNG, drawn on the page."""

    receiver_name = forms.CharField(label=_("领取人姓名"), max_length=40, widget=forms.TextInput(_TEXT))
    receiver_identity = forms.CharField(
        label=_("证件号"), max_length=18, widget=forms.TextInput({**_TEXT, "autocomplete": "off"}),
        help_text=_("核对后只保存脱敏号码"),
    )  # fmt: skip
    signature = forms.CharField(required=False, widget=forms.HiddenInput({"data-signature": ""}))
    note = forms.CharField(label=_("说明"), max_length=300, required=False, widget=forms.TextInput(_TEXT))

    def clean_signature(self) -> bytes:
        """The bytes of the picture; what they are is looked at where it is kept."""
        text = str(self.cleaned_data["signature"])
        if not text:
            raise forms.ValidationError(_("请领取人签名"))
        try:
            return base64.b64decode(text.removeprefix(_PNG), validate=True)
        except (binascii.Error, ValueError):
            raise forms.ValidationError(_("签名不是可识别的图片，请重新签名")) from None
