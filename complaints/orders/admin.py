"""Rows of the hotline under /admin/ (工单类别、热线参数): every change is written down with what it was."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from complaints.orders.models import Category, HotlineSetting
from datacenter.cases.admin import WrittenDown

_KINDS = ("text", "number", "choice", "yes_no")
_MOST = 12
_MOST_VALUE = 3650


def known_questions(value: Any) -> list[dict[str, Any]]:
    """Guided questions as the console takes them. Raises ``ValidationError`` naming what is wrong."""
    if not isinstance(value, list) or len(value) > _MOST:
        raise ValidationError(f"引导问题应为列表，最多 {_MOST} 个")
    codes = set()
    for question in value:
        if not isinstance(question, dict) or not question.get("code") or not question.get("label"):
            raise ValidationError(f"每个问题须有 code 和 label，现为 {question!r}")
        code, kind = str(question["code"]), question.get("kind")
        if not code.isidentifier() or code in codes:
            raise ValidationError(f"问题代码 {code!r} 应为不重复的字母代码")
        if kind not in _KINDS:
            raise ValidationError(f"问题 {code} 的 kind 应为 {'、'.join(_KINDS)}，现为 {kind!r}")
        choices = question.get("choices", [])
        if not isinstance(choices, list) or not all(isinstance(choice, str) and choice for choice in choices):
            raise ValidationError(f"问题 {code} 的 choices 应为文字的列表，现为 {choices!r}")
        if kind == "choice" and not choices:
            raise ValidationError(f"问题 {code} 没有选项")
        codes.add(code)
    return value


class CategoryForm(forms.ModelForm):
    """A category with its questions checked."""

    class Meta:
        model = Category
        fields = ("kind", "code", "title", "industry", "questions", "call_back", "sample_percent", "position",
                  "in_force", "source", "source_verified")  # fmt: skip

    def clean_questions(self) -> list[dict[str, Any]]:
        """The console can ask them."""
        return known_questions(self.cleaned_data["questions"] or [])


@admin.register(Category)
class CategoryAdmin(WrittenDown):
    """What an order is about; orders that are logged keep the category they have."""

    action = "complaint_category.change"
    form = CategoryForm
    list_display = ("title", "kind", "industry", "call_back", "sample_percent", "position", "in_force",
                    "source_verified")  # fmt: skip
    list_filter = ("kind", "industry", "in_force", "source_verified")
    search_fields = ("title", "code")


class HotlineSettingForm(forms.ModelForm):
    """A figure that clocks and calendars can reckon with."""

    class Meta:
        model = HotlineSetting
        fields = ("value", "source", "source_verified")

    def clean_value(self) -> int:
        """Some figure that somebody could mean."""
        value: int = self.cleaned_data["value"]
        most = 100 if self.instance.unit == "%" else _MOST_VALUE
        if value > most:
            raise ValidationError(f"最大为 {most}")
        return value


@admin.register(HotlineSetting)
class HotlineSettingAdmin(WrittenDown):
    """One row a figure; it holds for what comes from then on."""

    action = "complaint_setting.change"
    form = HotlineSettingForm
    list_display = ("title", "value", "unit", "source_verified")
    fields = ("title", "value", "unit", "source", "source_verified")
    readonly_fields = ("title", "unit")

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        """The hotline knows these figures and no others."""
        return False
