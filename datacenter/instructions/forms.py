"""What is filled in about instructions: the paper itself with its list, and what each step asks for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from datacenter.cases.form_fields import SeveralFiles
from datacenter.detection.models import DetectorSetting
from datacenter.geo.counties import counties
from datacenter.geo.models import Area, County
from datacenter.instructions import naming
from datacenter.instructions.drafting import Draft
from datacenter.instructions.errors import InstructionFieldRefused
from datacenter.instructions.models import Instruction, InstructionItem, InstructionTask
from datacenter.registry.errors import SheetUnreadable
from datacenter.registry.models import Company, Vehicle
from datacenter.registry.selectors import companies_visible_to
from datacenter.registry.sheets.report import Fault

_TEXT, _SELECT = {"class": "form-control"}, {"class": "form-select"}
_MOST_PASTED = 200_000


class InstructionFilters(forms.Form):
    """The list's filters, as they stand in its address."""

    q = forms.CharField(
        label=_("标题或文号"), max_length=40, required=False,
        widget=forms.SearchInput(attrs={**_TEXT, "data-search-here": "", "size": 16}),
    )  # fmt: skip
    kind = forms.ChoiceField(
        label=_("类型"), required=False, choices=[("", _("全部")), *Instruction.Kind.choices],
        widget=forms.Select(attrs=_SELECT),
    )  # fmt: skip
    state = forms.ChoiceField(
        label=_("状态"), required=False, choices=[("", _("全部")), *Instruction.State.choices],
        widget=forms.Select(attrs=_SELECT),
    )  # fmt: skip


class ItemFilters(forms.Form):
    """Which items of an instruction are shown."""

    county = forms.ChoiceField(label=_("县区"), required=False, widget=forms.Select(attrs=_SELECT))
    result = forms.ChoiceField(
        label=_("结果"), required=False,
        choices=[("", _("全部")), ("none", _("未办")), *InstructionItem.Result.choices],
        widget=forms.Select(attrs=_SELECT),
    )  # fmt: skip
    q = forms.CharField(
        label=_("车牌、企业或区域"), max_length=40, required=False,
        widget=forms.SearchInput(attrs={**_TEXT, "data-search-here": "", "size": 14}),
    )  # fmt: skip

    def __init__(self, *args: Any, tasks: list[InstructionTask], city: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if city:
            choices = [
                ("", _("全部")),
                *((task.county_id, task.county.name) for task in tasks),
                ("none", _("市级清单")),
            ]
            self.fields["county"].choices = choices  # type: ignore[attr-defined]
        else:
            del self.fields["county"]


def _moment(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        required=required,
        help_text=help_text,
        widget=forms.DateTimeInput(attrs={**_TEXT, "type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"required": _("请填写期限")},
    )


def _words(label: Any, *, required: bool, rows: int = 2) -> forms.CharField:
    return forms.CharField(
        label=label, required=required, max_length=2000, widget=forms.Textarea(attrs={**_TEXT, "rows": rows}),
        error_messages={"required": _("请填写%(label)s") % {"label": label}},
    )  # fmt: skip


class InstructionForm(forms.Form):
    """拟稿: the paper, the counties, and the vehicles and areas it is about."""

    kind = forms.ChoiceField(
        label=_("类型"), choices=Instruction.Kind.choices, initial=Instruction.Kind.INSTRUCTION,
        widget=forms.RadioSelect,
    )  # fmt: skip
    title = forms.CharField(
        label=_("标题"), max_length=80, widget=forms.TextInput(attrs=_TEXT),
        error_messages={"required": _("请填写标题")},
    )  # fmt: skip
    document_no = forms.CharField(
        label=_("文号"), max_length=40, required=False, widget=forms.TextInput(attrs=_TEXT),
        help_text=_("没有正式文号可不填"),
    )  # fmt: skip
    text = forms.CharField(
        label=_("内容"), max_length=5000, widget=forms.Textarea(attrs={**_TEXT, "rows": 6}),
        error_messages={"required": _("请填写内容")},
    )  # fmt: skip
    due_at = _moment(_("反馈期限"), help_text=_("须晚于现在"))
    counties = forms.ModelMultipleChoiceField(
        label=_("县区"), queryset=County.objects.none(), widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("请选择县区")},
    )  # fmt: skip
    plates = forms.CharField(
        label=_("车辆：输入或粘贴车牌"), required=False, max_length=_MOST_PASTED,
        widget=forms.Textarea(attrs={**_TEXT, "rows": 4, "spellcheck": "false"}),
        help_text=_("每行一辆或用空格、逗号隔开；同号有几辆车时在后面注明颜色，如“辽L12345 黄”"),
    )  # fmt: skip
    sheet = forms.FileField(
        label=_("车辆：上传表格"), required=False, widget=forms.FileInput(attrs={**_TEXT, "accept": ".xlsx,.csv"}),
        help_text=_("Excel（.xlsx）或 CSV，表头“车牌号”，可另有“车牌颜色”"),
    )  # fmt: skip
    industry = forms.ChoiceField(
        label=_("车辆：按行业"), required=False, choices=[("", _("不按行业")), *Vehicle.Kind.choices],
        widget=forms.Select(attrs=_SELECT), help_text=_("所选县区内该行业的营运车辆；与企业同时选为两者都符合"),
    )  # fmt: skip
    company = forms.ModelChoiceField(
        label=_("车辆：按企业"), required=False, queryset=Company.objects.none(), empty_label=_("不按企业"),
        widget=forms.Select(attrs=_SELECT),
    )  # fmt: skip
    areas = forms.ModelMultipleChoiceField(
        label=_("区域"), required=False, queryset=Area.objects.none(),
        widget=forms.SelectMultiple(attrs={**_SELECT, "size": 5}), help_text=_("按住 Ctrl 多选；由区域所在县区负责"),
    )  # fmt: skip
    finding_kinds = forms.MultipleChoiceField(
        label=_("整治事由"), required=False, widget=forms.SelectMultiple(attrs={**_SELECT, "size": 6}),
        help_text=_("下发后清单内车辆的这些疑似违规计入进度"),
    )  # fmt: skip
    files = SeveralFiles(
        label=_("附件"), required=False,
        help_text=_("照片、PDF、Word（.docx）、Excel（.xlsx），最多 9 个，每个不超过 10 MB"),
    )  # fmt: skip

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.faults: list[tuple[Any, list[Fault]]] = []
        fields: Any = self.fields
        fields["counties"].queryset = counties()
        fields["company"].queryset = companies_visible_to(user)
        fields["areas"].queryset = Area.objects.filter(active=True).order_by("kind", "name")
        fields["areas"].label_from_instance = lambda area: f"{area.get_kind_display()}　{area.name}"
        fields["finding_kinds"].choices = list(DetectorSetting.objects.order_by("title").values_list("code", "title"))
        fields["files"].widget.attrs |= {**_TEXT, "hx-preserve": "true"}
        fields["sheet"].widget.attrs |= {"hx-preserve": "true"}

    def clean(self) -> dict[str, Any]:
        """Names the vehicles; what is wrong with a list stands in ``faults`` line by line."""
        data: dict[str, Any] = super().clean() or {}
        vehicles: dict[int, Vehicle] = {}
        for name, label, read in (
            ("plates", _("粘贴的清单"), lambda: naming.from_text(data.get("plates", ""))),
            (
                "sheet",
                _("上传的表格"),
                lambda: naming.from_sheet(data["sheet"].read()) if data.get("sheet") else ([], []),
            ),
        ):
            try:
                named, faults = read()
            except SheetUnreadable as refusal:
                self.add_error(name, refusal.message)
                continue
            known, unknown = naming.vehicles_of(named, self.user)
            vehicles |= {vehicle.pk: vehicle for vehicle in known}
            if faults := sorted([*faults, *unknown], key=lambda fault: fault.row):
                self.faults.append((label, faults))
                self.add_error(name, _("清单有 %(count)d 处错误，见下表") % {"count": len(faults)})
        kind, company = data.get("industry", ""), data.get("company")
        if (kind or company) and data.get("counties"):
            chosen = [county.pk for county in data["counties"]]
            fitting = naming.vehicles_where(self.user, kind=kind, company=company, counties=chosen)
            vehicles |= {vehicle.pk: vehicle for vehicle in fitting}
        data["vehicles"] = list(vehicles.values())
        if len(vehicles) > naming.MOST_VEHICLES:
            self.add_error(None, _("清单超过 %(most)d 辆车，请分几次下发") % {"most": naming.MOST_VEHICLES})
        return data

    def draft(self) -> Draft:
        """The paper as it was filled in."""
        data = self.cleaned_data
        return Draft(
            title=data["title"],
            text=data["text"],
            kind=data["kind"],
            due_at=data["due_at"],
            counties=list(data["counties"]),
            vehicles=data["vehicles"],
            areas=list(data["areas"]),
            finding_kinds=data["finding_kinds"],
            document_no=data["document_no"],
            selection=self._selection(),
            files=data["files"],
        )

    def _selection(self) -> str:
        data = self.cleaned_data
        parts = [
            str(_("粘贴")) if data["plates"].strip() else "",
            f"{data['sheet'].name}"[:60] if data["sheet"] else "",
            dict(Vehicle.Kind.choices).get(data["industry"], ""),
            data["company"].name if data["company"] else "",
        ]
        return "，".join(filter(None, parts))

    def refuse(self, refusal: InstructionFieldRefused) -> None:
        """Put a refusal of the workflow beside the field it names."""
        self.add_error(refusal.field if refusal.field in self.fields else None, refusal.message)


class StepForm(forms.Form):
    """What a step asks for; subclasses say what."""

    def refuse(self, refusal: InstructionFieldRefused) -> None:
        """Put a refusal of the workflow beside the field it names."""
        self.add_error(refusal.field if refusal.field in self.fields else None, refusal.message)


class _OfCounties(StepForm):
    counties = forms.MultipleChoiceField(label=_("县区"), required=False, help_text=_("不选为全部"),
                                         widget=forms.CheckboxSelectMultiple)  # fmt: skip

    def __init__(self, *args: Any, tasks: list[InstructionTask], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["counties"].choices = [  # type: ignore[attr-defined]
            (task.county_id, task.county.name) for task in tasks if task.state != InstructionTask.State.PASSED
        ]


class ExtendForm(_OfCounties):
    """延期: until when, why, for whom."""

    due_at = _moment(_("延至"))
    reason = _words(_("延期理由"), required=True)


class UrgeForm(_OfCounties):
    """催办: with what words, whom."""

    note = _words(_("催办说明"), required=False)


class EndForm(StepForm):
    """结束: with what words."""

    reason = _words(_("说明"), required=False)


class WithdrawForm(StepForm):
    """撤回: why."""

    reason = _words(_("撤回理由"), required=True)


class AnswerForm(StepForm):
    """反馈: what was done, with files."""

    answer = _words(_("反馈内容"), required=True, rows=4)
    files = SeveralFiles(label=_("附件"), required=False, help_text=_("照片、PDF、Word、Excel，最多 9 个"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["files"].widget.attrs |= {**_TEXT, "hx-preserve": "true"}


class PassForm(StepForm):
    """通过: with what words."""

    note = _words(_("意见"), required=False)


class ReturnForm(StepForm):
    """退回: why, and until when anew."""

    reason = _words(_("退回原因"), required=True)
    due_at = _moment(_("新的期限"), required=False, help_text=_("原期限已过时必填"))
