"""What is filled in about orders (热线表单): the console, the list's filters, and a company's answer."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from complaints.orders import plates
from complaints.orders.drafting import Draft
from complaints.orders.errors import FieldRefused
from complaints.orders.models import Category, Order
from complaints.orders.selectors import orders_visible_to
from complaints.orders.workflow.accepting import AT_ONCE
from datacenter.cases.form_fields import RADIO, SELECT, TEXT, SeveralFiles, moment_field
from datacenter.geo.models import County
from datacenter.registry.models import Company, Practitioner, Vehicle
from datacenter.registry.selectors import companies_visible_to, practitioners_visible_to

THEN = (
    ("log", _("只登记")),
    ("county", _("转办县区")),
    ("company", _("转办企业")),
    ("answer", _("即时答复")),
    ("refuse", _("不予受理")),
)


def counties() -> QuerySet[County]:
    """Those that have cases today."""
    return County.objects.filter(valid_until=None).defer("boundary", "disputed")


class Refusing(forms.Form):
    """A form that shows a refusal of the workflow beside the field it names."""

    def refuse(self, refusal: FieldRefused) -> None:
        """Put it there."""
        self.add_error(refusal.field if refusal.field in self.fields else None, refusal.message)


def text(label: Any, most: int, *, required: bool = False, **attrs: Any) -> forms.CharField:
    """One line of text."""
    return forms.CharField(
        label=label, max_length=most, required=required, widget=forms.TextInput(attrs={**TEXT, **attrs})
    )


def words(label: Any, most: int, *, rows: int = 3, required: bool = False, **attrs: Any) -> forms.CharField:
    """Several lines of text."""
    return forms.CharField(
        label=label, max_length=most, required=required,
        widget=forms.Textarea(attrs={**TEXT, "rows": rows, **attrs}),
    )  # fmt: skip


def day_field(label: Any) -> forms.DateField:
    """One day of a span, within years that have a day before and after."""
    unknown = _("日期应在 2000 年至 2999 年之间")
    return forms.DateField(
        label=label, required=False,
        widget=forms.DateInput(attrs={**TEXT, "type": "date"}, format="%Y-%m-%d"),
        validators=[MinValueValidator(date(2000, 1, 1), unknown), MaxValueValidator(date(2999, 12, 31), unknown)],
    )  # fmt: skip


class ConsoleForm(Refusing):
    """One screen of the console (受理登记): who, what, whom it is about, when and where, and what becomes of it."""

    call = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)
    caller_phone = text(_("来话号码"), 20, inputmode="tel", autocomplete="off", autofocus=True)
    caller_name = text(_("来话人"), 40, autocomplete="off")
    confidential = forms.BooleanField(label=_("要求保密"), required=False, widget=forms.CheckboxInput(attrs=RADIO))
    channel = forms.ChoiceField(label=_("渠道"), choices=Order.Channel.choices, widget=forms.Select(attrs=SELECT))
    external_no = text(_("来源单号"), 60, autocomplete="off")
    urgency = forms.ChoiceField(label=_("紧急程度"), choices=Order.Urgency.choices, widget=forms.Select(attrs=SELECT))
    category = forms.ModelChoiceField(
        label=_("子类别"), queryset=Category.objects.filter(in_force=True), empty_label=_("请选择"),
        widget=forms.Select(attrs=SELECT), error_messages={"required": _("请选择类别")},
    )  # fmt: skip
    content = words(_("内容"), 8000, rows=3, required=True)
    plates_said = text(_("车牌"), 120, autocomplete="off", list="plates")
    company_name = text(_("企业"), 80, autocomplete="off", list="companies")
    driver_name = text(_("驾驶员"), 40, autocomplete="off", list="drivers")
    practitioner = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)
    line = text(_("线路"), 40, autocomplete="off", list="lines")
    occurred_at = moment_field(_("发生时间"), required=False)
    place = text(_("地点"), 120, autocomplete="off", list="places")
    latitude = forms.FloatField(required=False, min_value=-90, max_value=90, widget=forms.HiddenInput)
    longitude = forms.FloatField(required=False, min_value=-180, max_value=180, widget=forms.HiddenInput)
    duplicate_of = text(_("重复于工单"), 20, autocomplete="off")
    then = forms.ChoiceField(label=_("处理"), choices=THEN, initial="county", widget=forms.Select(attrs=SELECT))
    to_county = forms.ModelChoiceField(
        label=_("承办县区"), queryset=County.objects.none(), required=False, empty_label=_("按属地规则"),
        widget=forms.Select(attrs=SELECT),
    )  # fmt: skip
    answer = words(_("答复内容"), 2000, rows=3)
    legal_basis = text(_("答复依据"), 200)
    ground = forms.ChoiceField(
        label=_("不予受理原因"), choices=[("", _("请选择")), *Order.Ground.choices], required=False,
        widget=forms.Select(attrs=SELECT),
    )  # fmt: skip

    def __init__(self, *args: Any, user: Any, order: Order | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.order = user, order
        self.fields["to_county"].queryset = counties()  # type: ignore[attr-defined]
        self.fields["category"].label_from_instance = lambda row: row.title  # type: ignore[attr-defined]
        self.fields["category"].choices = grouped(numbered=True)  # type: ignore[attr-defined]
        self.found: dict[str, Any] = {}
        self.question_errors: dict[str, str] = {}  # what is wrong with an answer to a guided question, by its code
        for name in ("channel", "external_no") if order is not None else ():  # how it came stays as it was
            self.fields[name].disabled = True
            self.initial[name] = getattr(order, name)

    def clean_company_name(self) -> str:
        """A company's exact name links the order to it; another stays as it was said."""
        said: str = self.cleaned_data["company_name"].strip()
        self.found["company"] = companies_visible_to(self.user).filter(name=said).first() if said else None
        return said

    def clean_practitioner(self) -> int | None:
        """The driver who was picked, if the name still says so."""
        pk: int | None = self.cleaned_data["practitioner"]
        driver = practitioners_visible_to(self.user).filter(pk=pk).first() if pk else None
        self.found["practitioner"] = driver
        return pk

    def clean_plates_said(self) -> str:
        """The plates are looked up; what is unknown stays as it was said."""
        said: str = self.cleaned_data["plates_said"].strip()
        found = plates.look_up(self.user, said)
        known = next((one for one in found if len(one.vehicles) == 1), None)
        self.found["vehicle"] = known.vehicles[0] if known else None
        self.found["plate"] = known.plate if known else found[0].plate if found else ""
        return said

    def clean_duplicate_of(self) -> Order | None:
        """Another order's number."""
        number = self.cleaned_data["duplicate_of"].strip()
        if not number:
            return None
        found = orders_visible_to(self.user).filter(number=number).first()
        if found is None or (self.order is not None and found.pk == self.order.pk):
            raise forms.ValidationError(_("没有工单 %(number)s"), params={"number": number})
        return found

    def clean(self) -> dict[str, Any]:
        """What is to become of it has what it needs."""
        cleaned: dict[str, Any] = super().clean() or {}
        then, category = cleaned.get("then"), cleaned.get("category")
        if then == "answer" and category is not None and category.kind not in AT_ONCE:
            self.add_error("then", _("%(kind)s须转办核实，不能即时答复") % {"kind": category.get_kind_display()})
        if then in ("answer", "refuse") and not cleaned.get("answer", "").strip():
            self.add_error("answer", _("请填写答复内容"))
        if then == "refuse" and not cleaned.get("ground"):
            self.add_error("ground", _("请选择不予受理的原因"))
        if then == "company" and not (self.found.get("company") or self.found.get("vehicle")):
            self.add_error("company_name", _("转办企业须先选定登记的企业或车辆"))
        return cleaned

    def draft(self) -> Draft:
        """What was filled in, as it is about to be logged."""
        data = self.cleaned_data
        driver: Practitioner | None = self.found.get("practitioner")
        if driver is not None and driver.name != data["driver_name"].split(" ")[0]:
            driver = None  # another name was typed after one was picked
        company: Company | None = self.found.get("company")
        vehicle: Vehicle | None = self.found.get("vehicle")
        answers = {name.removeprefix("answer_"): value for name, value in self.data.items()
                   if name.startswith("answer_")}  # fmt: skip
        at = (data["latitude"], data["longitude"])
        known = None not in at
        return Draft(
            category=data["category"], content=data["content"], channel=data["channel"],
            external_no=data["external_no"].strip(), urgency=data["urgency"], caller_name=data["caller_name"].strip(),
            caller_phone=data["caller_phone"].strip(), confidential=data["confidential"], answers=answers,
            occurred_at=data["occurred_at"], place=data["place"].strip(),
            latitude_e6=round(at[0] * 1_000_000) if known else None,
            longitude_e6=round(at[1] * 1_000_000) if known else None,
            plate=self.found.get("plate", ""), plates_said=data["plates_said"], vehicle=vehicle, practitioner=driver,
            driver_name=data["driver_name"].strip(), company=company, company_name=data["company_name"],
            line=data["line"].strip(), duplicate_of=data["duplicate_of"],
        )  # fmt: skip


def grouped(*, numbered: bool = False) -> list[Any]:
    """The categories in force by kind, as a select shows them."""
    groups: dict[str, list[tuple[int, str]]] = {}
    for row in Category.objects.filter(in_force=True):
        group = groups.setdefault(row.kind, [])
        # A select is typed into by how its lines begin, and nobody types Chinese into one: each line has a number.
        group.append((row.pk, f"{len(group) + 1} {row.title}" if numbered else row.title))
    labelled = [(Category.Kind(kind).label, groups[kind]) for kind in Category.Kind.values if kind in groups]
    return [("", _("请选择")), *labelled]


class OrderFilters(forms.Form):
    """The list's filters, as they stand in its address."""

    q = forms.CharField(
        label=_("工单号、车牌或号码"), max_length=40, required=False,
        widget=forms.SearchInput(attrs={**TEXT, "data-search-here": "", "size": 16}),
    )  # fmt: skip
    kind = forms.ChoiceField(
        label=_("类别"), required=False, choices=[("", _("全部")), *Category.Kind.choices],
        widget=forms.Select(attrs=SELECT),
    )  # fmt: skip
    channel = forms.ChoiceField(
        label=_("渠道"), required=False, choices=[("", _("全部")), *Order.Channel.choices],
        widget=forms.Select(attrs=SELECT),
    )  # fmt: skip
    county = forms.ModelChoiceField(
        label=_("县区"), queryset=County.objects.none(), required=False, empty_label=_("全部"),
        widget=forms.Select(attrs=SELECT),
    )  # fmt: skip
    due = forms.ChoiceField(
        label=_("期限"), required=False, choices=[("", _("全部")), ("overdue", _("已逾期"))],
        widget=forms.Select(attrs=SELECT),
    )  # fmt: skip
    mine = forms.BooleanField(label=_("我受理的"), required=False, widget=forms.CheckboxInput(attrs=RADIO))
    since, until = day_field(_("受理自")), day_field(_("至"))

    def __init__(self, *args: Any, one_county: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if one_county:
            del self.fields["county"]
        else:
            self.fields["county"].queryset = counties()  # type: ignore[attr-defined]


class CompanyAnswerForm(Refusing):
    """What a company found (企业答复), with pictures."""

    answer = words(_("核实情况"), 2000, rows=5, required=True)
    photos = SeveralFiles(label=_("照片"), required=False, help_text=_("JPEG、PNG 或 WebP"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["photos"].widget.attrs.update(TEXT, accept="image/jpeg,image/png,image/webp", multiple=True)

    def photos_given(self) -> list[UploadedFile]:
        """The pictures."""
        given: list[UploadedFile] = self.cleaned_data["photos"]
        return given
