"""What narrows the list of cases (案件筛选)."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from datacenter.cases.models import Case
from datacenter.cases.narrowing import Narrowing
from datacenter.registry.models import Vehicle

Choices = list[tuple[str, str]]

_TEXT = {"class": "form-control"}
_SELECT = {"class": "form-select"}


class CaseFilterForm(Narrowing):
    """The list's filters, as they stand in its address. What is wrong is said beside it and filters nothing."""

    q = forms.CharField(
        label=_("车牌或案号"),
        max_length=40,
        required=False,
        widget=forms.SearchInput(attrs={**_TEXT, "data-search-here": "", "size": 16}),
    )
    county = forms.ChoiceField(label=_("县区"), required=False, widget=forms.Select(attrs=_SELECT))
    industry = forms.ChoiceField(
        label=_("行业"),
        required=False,
        choices=[("", _("全部")), *Vehicle.Kind.choices],
        widget=forms.Select(attrs=_SELECT),
    )
    kind = forms.ChoiceField(label=_("事由"), required=False, widget=forms.Select(attrs=_SELECT))
    level = forms.ChoiceField(
        label=_("等级"),
        required=False,
        choices=[("", _("全部")), ("key", _("重点案件")), *Case.Level.choices],
        widget=forms.Select(attrs=_SELECT),
    )
    due = forms.ChoiceField(
        label=_("期限"),
        required=False,
        choices=[("", _("全部")), ("overdue", _("已逾期")), ("soon", _("24 小时内到期"))],
        widget=forms.Select(attrs=_SELECT),
    )
    since = forms.DateField(
        label=_("立案自"), required=False, widget=forms.DateInput(attrs={**_TEXT, "type": "date"}, format="%Y-%m-%d")
    )
    until = forms.DateField(
        label=_("至"), required=False, widget=forms.DateInput(attrs={**_TEXT, "type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, counties: Choices, kinds: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [("", _("全部")), *kinds]  # type: ignore[attr-defined]
        if counties:
            self.fields["county"].choices = [  # type: ignore[attr-defined]
                ("", _("全部")), *counties, ("none", _("未派发"))
            ]  # fmt: skip
        else:
            del self.fields["county"]
        self.keep_asked()
        own = [name for name in self.fields if name not in Narrowing.base_fields]
        self.order_fields([*own[: own.index("kind") + 1], *self.always, *own[own.index("kind") + 1 :]])

    def clean(self) -> dict[str, Any]:
        """Refuses days in the wrong order."""
        cleaned: dict[str, Any] = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since > until:
            self.add_error("until", _("截止日期早于起始日期"))
        return cleaned
