"""One form for each verb of an order (工单办理表单): what it asks for, and the one function that it calls."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.orders import workflow
from complaints.orders.forms import Refusing, counties, text, words
from complaints.orders.models import CallBack, Order, QualityCheck
from complaints.orders.workflow.accepting import AT_ONCE
from datacenter.cases.form_fields import RADIO, SELECT, moment_field
from datacenter.geo.models import County
from datacenter.registry.models import Company
from datacenter.registry.selectors import companies_visible_to

_State = Order.State


class OrderVerb(Refusing):
    """What a verb asks for; ``act`` carries it out."""

    verb = ""
    title: Any = ""
    right = "complaint.lead"
    states: tuple[str, ...] = ()
    leads = False  # what the order waits for stands open

    def __init__(self, *args: Any, order: Order, user: Any, **kwargs: Any) -> None:
        self.order, self.user = order, user
        super().__init__(*args, **{"auto_id": f"{self.verb}-%s", **kwargs})

    @classmethod
    def means_something(cls, order: Order, user: Any) -> bool:
        """Whether it can be said to this order by this user."""
        return order.state in cls.states and bool(user.may(cls.right))

    def act(self) -> Order:
        """Does it."""
        raise NotImplementedError


class TakeForm(OrderVerb):
    """接手: who has the order sees the number."""

    verb, title = "take", _("接手工单")
    states = (_State.ACCEPTED, _State.HANDLING, _State.CALLING_BACK)

    @classmethod
    def means_something(cls, order: Order, user: Any) -> bool:
        """Not by who has it."""
        return super().means_something(order, user) and order.operator_id != user.pk

    def act(self) -> Order:
        """Takes it."""
        return workflow.take_order(self.order, by=self.user)


class CountyForm(OrderVerb):
    """转办县区."""

    verb, title, leads = "county", _("转办县区"), True
    states = (_State.ACCEPTED,)
    to = forms.ModelChoiceField(
        label=_("承办县区"), queryset=County.objects.none(), required=False, empty_label=_("按属地规则"),
        widget=forms.Select(attrs=SELECT),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = counties()  # type: ignore[attr-defined]

    def act(self) -> Order:
        """Hands it on."""
        return workflow.transfer_to_county(self.order, by=self.user, county=self.cleaned_data["to"])


class CompanyForm(OrderVerb):
    """转办企业: the question and its deadline."""

    verb, title = "company", _("转办企业")
    states = (_State.ACCEPTED,)
    company = text(_("企业"), 80, list="companies", autocomplete="off")
    question = words(_("需核实的情况"), 2000)
    due_at = moment_field(_("答复期限"), required=False, help_text=_("留空则按热线参数计算"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["company"].initial = self.order.company_name
        self.fields["question"].help_text = _("留空则用工单内容；来话人的姓名和号码不会给企业看到")
        self.found: Company | None = None

    def clean_company(self) -> str:
        """A registered one."""
        said: str = self.cleaned_data["company"].strip()
        self.found = companies_visible_to(self.user).filter(name=said).first() if said else None
        if said and self.found is None:
            raise forms.ValidationError(_("没有登记名为“%(name)s”的企业"), params={"name": said})
        return said

    def act(self) -> Order:
        """Hands it on and asks."""
        data = self.cleaned_data
        return workflow.transfer_to_company(
            self.order, by=self.user, company=self.found, question=data["question"], due_at=data["due_at"]
        )


class AskForm(CompanyForm):
    """要求企业核实, of an order that a county has."""

    verb, title = "ask", _("要求企业核实")
    states = (_State.HANDLING,)

    def act(self) -> Order:
        """Asks."""
        data = self.cleaned_data
        asked = workflow.ask_company(
            self.order, by=self.user, company=self.found, question=data["question"], due_at=data["due_at"]
        )
        return asked.order


class AnswerForm(OrderVerb):
    """即时答复."""

    verb, title = "answer", _("即时答复")
    states = (_State.ACCEPTED,)
    answer = words(_("答复内容"), 2000, required=True)
    legal_basis = text(_("答复依据"), 200)

    @classmethod
    def means_something(cls, order: Order, user: Any) -> bool:
        """A complaint or a report is looked into."""
        return super().means_something(order, user) and order.category.kind in AT_ONCE

    def act(self) -> Order:
        """Answers."""
        data = self.cleaned_data
        return workflow.answer_at_once(self.order, by=self.user, answer=data["answer"], legal_basis=data["legal_basis"])


class RefuseForm(OrderVerb):
    """不予受理: the ground, and what the caller is told."""

    verb, title = "refuse", _("不予受理")
    states = (_State.ACCEPTED,)
    ground = forms.ChoiceField(
        label=_("原因"), choices=[("", _("请选择")), *Order.Ground.choices], widget=forms.Select(attrs=SELECT)
    )
    reason = words(_("向来话人说明的理由"), 2000, required=True)

    def act(self) -> Order:
        """Refuses."""
        data = self.cleaned_data
        return workflow.refuse_order(self.order, by=self.user, ground=data["ground"], reason=data["reason"])


class CallBackForm(OrderVerb):
    """回访: reached or not, satisfied or not, and why."""

    verb, title, leads, right = "call-back", _("记录回访"), True, "complaint.call_back"
    states = (_State.CALLING_BACK,)
    outcome = forms.ChoiceField(
        label=_("回访结果"), choices=CallBack.Outcome.choices, widget=forms.RadioSelect(attrs=RADIO),
        error_messages={"required": _("请选择回访结果")},
    )  # fmt: skip
    satisfaction = forms.ChoiceField(
        label=_("满意度"), choices=Order.Satisfaction.choices, required=False, widget=forms.RadioSelect(attrs=RADIO)
    )
    reason = words(_("不满意原因"), 1000, rows=2)
    note = words(_("说明"), 1000, rows=2)
    conclude = forms.BooleanField(
        label=_("仍不满意，办结"), required=False, help_text=_("重办达到规定次数后可选"),
        widget=forms.CheckboxInput(attrs=RADIO),
    )  # fmt: skip

    def act(self) -> Order:
        """Writes it down and does what follows."""
        return workflow.record_call_back(self.order, by=self.user, **self.cleaned_data)


class WaiveForm(OrderVerb):
    """免回访."""

    verb, title, right = "waive", _("免回访办结"), "complaint.call_back"
    states = (_State.CALLING_BACK,)
    reason = words(_("免回访原因"), 1000, rows=2, required=True)

    def act(self) -> Order:
        """Closes without it."""
        return workflow.waive_call_back(self.order, by=self.user, reason=self.cleaned_data["reason"])


class CheckForm(OrderVerb):
    """质量抽检: what was found."""

    verb, title, right = "check", _("质量抽检"), "complaint.check"
    states = (_State.CLOSED, _State.FILED, _State.REFUSED)
    faults = forms.MultipleChoiceField(
        label=_("问题"), choices=QualityCheck.Fault.choices, required=False, help_text=_("都没有则为合格"),
        widget=forms.CheckboxSelectMultiple(attrs=RADIO),
    )  # fmt: skip
    note = words(_("说明"), 1000, rows=2)

    @classmethod
    def means_something(cls, order: Order, user: Any) -> bool:
        """Once an order."""
        return super().means_something(order, user) and not hasattr(order, "quality_check")

    def act(self) -> Order:
        """Writes it down."""
        workflow.check_quality(self.order, by=self.user, **self.cleaned_data)
        return self.order


class FileForm(OrderVerb):
    """归档."""

    verb, title, leads = "file", _("归档"), True
    states = (_State.CLOSED,)

    def act(self) -> Order:
        """Puts it away."""
        return workflow.file_order(self.order, by=self.user)


_FORMS: tuple[type[OrderVerb], ...] = (
    CallBackForm, CountyForm, CompanyForm, AnswerForm, RefuseForm, AskForm, WaiveForm, CheckForm, FileForm, TakeForm,
)  # fmt: skip
FORMS: dict[str, type[OrderVerb]] = {form.verb: form for form in _FORMS}


def forms_for(order: Order, user: Any) -> list[OrderVerb]:
    """The forms of what ``user`` may do to ``order`` now, what it waits for first."""
    return [form(order=order, user=user) for form in _FORMS if form.means_something(order, user)]
