"""One verb on many cases (批量办理): each case for itself, with a report of the refused ones and why.

Each is its own transaction, so that one that is refused takes nothing back and leaves nothing half-done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from datacenter.cases.errors import CaseNotFound, FieldRefused
from datacenter.cases.models import Case
from datacenter.cases.selectors import cases_visible_to
from datacenter.cases.states import TRANSITIONS, Verb
from datacenter.cases.verb_forms import FORMS
from datacenter.errors import DomainError

MOST = 200
# What makes sense without looking at each one again.
VERBS = (Verb.DISPATCH, Verb.REDISPATCH, Verb.ACCEPT, Verb.VERIFY, Verb.CLOSE, Verb.FILE, Verb.URGE)


@dataclass(frozen=True, slots=True)
class Refused:
    """A case that was left as it was, and why."""

    number: str
    why: str


@dataclass(slots=True)
class Report:
    """What became of each: the numbers done, in their order, and those refused."""

    verb: Verb
    done: list[str] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


def verbs_for(user: Any) -> list[Verb]:
    """The verbs that ``user`` may say to many at once."""
    return [verb for verb in VERBS if user.may(TRANSITIONS[verb].right)]


def chosen(numbers: Sequence[str]) -> list[str]:
    """The numbers, each once, in their order. Raises ``FieldRefused`` for none or too many."""
    unique = list(dict.fromkeys(number.strip() for number in numbers if number.strip()))
    if not unique:
        raise FieldRefused("number", "请先勾选案件")
    if len(unique) > MOST:
        raise FieldRefused("number", f"一次最多办理 {MOST} 件，已勾选 {len(unique)} 件")
    return unique


def act_on_many(numbers: Sequence[str], verb: Verb, by: Any, given: QueryDict) -> Report:
    """Say ``verb`` to each case with what was filled in once; a case that is not there counts as refused."""
    report = Report(verb)
    cases = {case.number: case for case in cases_visible_to(by).filter(number__in=numbers)}
    for number in numbers:
        why = _refusal(cases.get(number), verb, by, given)
        if why is None:
            report.done.append(number)
        else:
            report.refused.append(Refused(number, why))
    return report


def _refusal(case: Case | None, verb: Verb, by: Any, given: QueryDict) -> str | None:
    if case is None:
        return CaseNotFound.message
    form = FORMS[verb](given, case=case)
    if not form.is_valid():
        return "；".join(message for messages in form.errors.values() for message in messages)
    try:
        form.act(by)
    except DomainError as refusal:
        return refusal.message
    return None
