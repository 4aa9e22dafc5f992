"""What citizens and platforms hand in (来件表单): checked like what an operator types, only less is asked."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from complaints.orders.drafting import Draft
from complaints.orders.forms import Refusing, grouped, text, words
from complaints.orders.models import Category, Order
from datacenter.cases.evidence import MAX_PHOTO_BYTES, MAX_PHOTOS
from datacenter.cases.form_fields import TEXT, SeveralFiles, moment_field

_PLAIN = {"class": "form-control"}


class ComplainForm(Refusing):
    """A citizen's own form (我要投诉): a category, words, whom it is about, pictures and a place."""

    category = forms.ModelChoiceField(
        label=_("事项"), queryset=Category.objects.filter(in_force=True), empty_label=_("请选择"),
        widget=forms.Select(attrs=_PLAIN), error_messages={"required": _("请选择事项")},
    )  # fmt: skip
    content = words(_("发生了什么"), 4000, rows=5, required=True)
    plates_said = text(_("车牌（记不全也可以填）"), 120, autocomplete="off")
    line = text(_("公交线路或班次"), 40, autocomplete="off")
    occurred_at = moment_field(_("什么时候"), required=False)
    place = text(_("在哪里"), 120)
    latitude = forms.FloatField(required=False, min_value=-90, max_value=90, widget=forms.HiddenInput)
    longitude = forms.FloatField(required=False, min_value=-180, max_value=180, widget=forms.HiddenInput)
    photos = SeveralFiles(
        label=_("照片"), required=False,
        help_text=_("JPEG、PNG 或 WebP，每张不超过 %(mb)d MB，最多 %(most)d 张")
        % {"mb": MAX_PHOTO_BYTES // 1024 // 1024, "most": MAX_PHOTOS},
    )  # fmt: skip
    caller_name = text(_("怎么称呼您"), 40, autocomplete="name")
    caller_phone = text(_("联系电话（用于回访）"), 20, inputmode="tel", autocomplete="tel")
    confidential = forms.BooleanField(label=_("请为我保密"), required=False)
    website = forms.CharField(required=False, widget=forms.HiddenInput)  # people leave it empty, machines fill it in
    once = forms.CharField(required=False, max_length=32, widget=forms.HiddenInput)  # one a page that was opened

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].choices = grouped()  # type: ignore[attr-defined]
        self.fields["photos"].widget.attrs.update(TEXT, accept="image/jpeg,image/png,image/webp", multiple=True)

    def clean_caller_phone(self) -> str:
        """A number that can be dialled, or none."""
        said: str = self.cleaned_data["caller_phone"].strip()
        if said and not 7 <= sum(char.isdigit() for char in said) <= 15:
            raise forms.ValidationError(_("号码不完整，请核对，或留空"))
        return said

    def sending(self) -> str:
        """What tells this sending from every other: the page it was filled in on and all that stands there; or nothing.

        Whoever goes back and writes something else on the same page sends something else.
        """
        once: str = self.cleaned_data["once"]
        if not once:
            return ""
        typed = sorted((name, self.data.get(name, "")) for name in self.fields)
        return repr([once, typed, [(photo.name, photo.size) for photo in self.cleaned_data["photos"]]])

    def draft(self) -> Draft:
        """What was filled in, as it is about to be logged."""
        data = self.cleaned_data
        known = data["latitude"] is not None and data["longitude"] is not None
        photos: list[UploadedFile] = data["photos"]
        return Draft(
            category=data["category"], content=data["content"], channel=Order.Channel.WEB,
            caller_name=data["caller_name"].strip(), caller_phone=data["caller_phone"],
            confidential=data["confidential"], occurred_at=data["occurred_at"], place=data["place"].strip(),
            latitude_e6=round(data["latitude"] * 1_000_000) if known else None,
            longitude_e6=round(data["longitude"] * 1_000_000) if known else None,
            plates_said=data["plates_said"].strip(), line=data["line"].strip(), photos=photos,
        )  # fmt: skip


class ProgressForm(forms.Form):
    """查询进度: the number and its query code."""

    number = forms.CharField(
        label=_("工单号"), max_length=20, widget=forms.TextInput(attrs={**_PLAIN, "autocomplete": "off"}),
        error_messages={"required": _("请填写工单号")},
    )  # fmt: skip
    receipt = forms.CharField(
        label=_("查询码"), max_length=12,
        widget=forms.TextInput(attrs={**_PLAIN, "autocomplete": "off", "inputmode": "numeric"}),
        error_messages={"required": _("请填写查询码")},
    )  # fmt: skip
