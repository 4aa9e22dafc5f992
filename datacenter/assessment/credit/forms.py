"""What the pages of credit ask for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from datacenter.accounts.scope import scope_of
from datacenter.assessment.credit.workflow import CODE_LENGTH, NewListing
from datacenter.assessment.errors import FieldRefused
from datacenter.assessment.models import CreditGrade, CreditListing
from datacenter.assessment.models.subjects import GRADED
from datacenter.geo.counties import counties

_ALL = ("", _("全部"))


class GradeFilters(forms.Form):
    """Which grades: of what, which, of which county, by what name."""

    kind = forms.ChoiceField(
        required=False, choices=[(kind.value, kind.label) for kind in GRADED], widget=forms.HiddenInput
    )
    grade = forms.ChoiceField(label=_("等级"), required=False, choices=[_ALL, *CreditGrade.Grade.choices])
    county = forms.ChoiceField(label=_("县区"), required=False)
    q = forms.CharField(label=_("名称"), required=False, max_length=40)

    def __init__(self, parameters: Any, user: Any) -> None:
        super().__init__(parameters)
        if scope_of(user).level == "city":
            rows = counties().values_list("code", "name")
            self.fields["county"].choices = [_ALL, *rows]  # type: ignore[attr-defined]
        else:
            del self.fields["county"]
        for field in (bound.field for bound in self.visible_fields()):
            field.widget.attrs["class"] = "form-select" if isinstance(field, forms.ChoiceField) else "form-control"

    def wanted(self) -> dict[str, str]:
        """What was asked for; what is no choice is left out."""
        self.is_valid()
        return {"kind": GRADED[0].value, "grade": "", "county": "", "q": ""} | {
            name: value for name, value in self.cleaned_data.items() if value
        }


class ListingForm(forms.Form):
    """Why somebody is listed."""

    colour = forms.ChoiceField(choices=CreditListing.Colour.choices, error_messages={"required": _("请选择名单")})
    cause = forms.CharField(max_length=200, error_messages={"required": _("请填写列入事由")})
    source = forms.CharField(max_length=300, error_messages={"required": _("请填写依据")})
    valid_until = forms.DateField(required=False, error_messages={"invalid": _("应为日期")})

    def listing(self) -> NewListing:
        """The entry. Raises ``FieldRefused``."""
        if not self.is_valid():
            name, errors = next(iter(self.errors.items()))
            raise FieldRefused(name, str(errors[0]))
        return NewListing(**self.cleaned_data)


class VerifyForm(forms.Form):
    """The code printed on a certificate, however it is spaced."""

    code = forms.CharField(
        label=_("验证码"),
        max_length=40,
        widget=forms.TextInput({"class": "form-control", "autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("请填写验证码")},
    )

    def clean_code(self) -> str:
        """Without blanks and dashes, in capitals."""
        code = "".join(sign for sign in self.cleaned_data["code"].upper() if sign.isalnum())
        if len(code) != CODE_LENGTH or not code.isascii():
            raise forms.ValidationError(_("验证码为 %(length)s 位字母和数字"), params={"length": CODE_LENGTH})
        return code
