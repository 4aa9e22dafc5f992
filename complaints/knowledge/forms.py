"""What the pages of the knowledge base ask for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.knowledge.models import Article
from complaints.knowledge.workflow import Text
from datacenter.registry.models import Vehicle


class SearchForm(forms.Form):
    """A question, and where to look."""

    q = forms.CharField(
        label=_("来话人问什么"), required=False, max_length=200,
        widget=forms.TextInput({"type": "search", "autocomplete": "off", "placeholder": _("照来话人的话输入即可")}),
    )  # fmt: skip
    category = forms.ChoiceField(label=_("类别"), required=False, choices=[("", _("全部")), *Article.Category.choices])
    industry = forms.ChoiceField(label=_("业务领域"), required=False, choices=[("", _("全部")), *Vehicle.Kind.choices])
    state = forms.ChoiceField(label=_("状态"), required=False, choices=[("", _("全部")), *Article.State.choices])

    def __init__(self, parameters: Any, *, editor: bool) -> None:
        super().__init__(parameters)
        if not editor:
            del self.fields["state"]
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-select" if isinstance(field, forms.ChoiceField) else "form-control"

    def wanted(self) -> dict[str, str]:
        """What was asked for; what is no choice is left out."""
        self.is_valid()
        found = {"q": "", "category": "", "industry": "", "state": ""}
        return found | {name: value.replace("\0", "") for name, value in self.cleaned_data.items() if value}


class ArticleForm(forms.Form):
    """One version of an article."""

    title = forms.CharField(label=_("标题"), max_length=80, error_messages={"required": _("请填写标题")})
    category = forms.ChoiceField(label=_("类别"), choices=Article.Category.choices)
    industry = forms.ChoiceField(label=_("业务领域"), required=False, choices=[("", _("不限")), *Vehicle.Kind.choices])
    keywords = forms.CharField(
        label=_("常见问法"),
        required=False,
        max_length=200,
        help_text=_("来话人会用的词，空格分开；检索时与标题同等重要"),
    )
    body = forms.CharField(
        label=_("内容"), max_length=8000, widget=forms.Textarea({"rows": 14}),
        help_text=_("空一行分段；以“- ”开头为列表"), error_messages={"required": _("请填写内容")},
    )  # fmt: skip
    source = forms.CharField(label=_("依据"), required=False, max_length=200, help_text=_("文件名称、文号、条款"))
    source_verified = forms.BooleanField(label=_("依据已逐条核对原文"), required=False)
    note = forms.CharField(label=_("修改说明"), required=False, max_length=200)
    seen = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if name != "source_verified":
                field.widget.attrs["class"] = "form-select" if isinstance(field, forms.ChoiceField) else "form-control"

    def clean(self) -> dict[str, Any]:
        """Nothing is confirmed that names no source."""
        cleaned = super().clean() or {}
        if cleaned.get("source_verified") and not cleaned.get("source"):
            self.add_error("source", _("核实的依据须写明出处"))
        return cleaned

    def text(self) -> Text:
        """The version, once the form is valid."""
        names = ("title", "body", "keywords", "source", "source_verified", "note")
        return Text(**{name: self.cleaned_data[name] for name in names})
