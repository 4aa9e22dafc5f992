"""An order as it is about to be logged (工单登记内容): who, what, when, where, checked against its category."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from complaints.orders import words
from complaints.orders.errors import FieldRefused
from complaints.orders.models import Category, Order
from datacenter.geo.shapes import inside_china
from datacenter.registry.models import Company, Practitioner, Vehicle

_OLDEST = timedelta(days=730)  # what is older is as a rule a slip in the year
_MOST_ANSWER = 500
_NUMBER = re.compile(r"\d{1,9}(\.\d{0,4})?")
_YES_NO = ("是", "否")
# What is one line on a form: kept without line breaks and control characters.
_LINES = (
    "external_no", "caller_name", "caller_phone", "place", "plate", "plates_said", "driver_name", "company_name",
    "line",
)  # fmt: skip


@dataclass(slots=True)
class Draft:
    """What was said, before it is an order; ``check`` makes it fit to be kept or says what is wrong."""

    category: Category
    content: str
    channel: str = Order.Channel.PHONE
    external_no: str = ""
    urgency: str = Order.Urgency.NORMAL
    caller_name: str = ""
    caller_phone: str = ""
    confidential: bool = False
    answers: dict[str, Any] = field(default_factory=dict)
    occurred_at: datetime | None = None
    place: str = ""
    latitude_e6: int | None = None
    longitude_e6: int | None = None
    plate: str = ""
    plates_said: str = ""
    vehicle: Vehicle | None = None
    practitioner: Practitioner | None = None
    driver_name: str = ""
    company: Company | None = None
    company_name: str = ""
    line: str = ""
    paid_jiao: int | None = None
    duplicate_of: Order | None = None
    photos: Sequence[UploadedFile] = ()

    def check(self, *, answers_asked: bool = True) -> None:
        """Tidies the texts and looks at each field. Raises ``FieldRefused`` naming the first that is wrong.

        ``answers_asked``: whether somebody was there to ask the category's questions; a letter answers none.
        """
        try:
            self.content = words.tidy(self.content)
        except words.NoWords as refusal:
            raise FieldRefused("content", str(refusal)) from None
        for name in _LINES:
            setattr(self, name, words.line(getattr(self, name)))
        self.caller_phone = words.dialled(self.caller_phone)
        now = timezone.now()
        if self.occurred_at is not None and not now - _OLDEST <= self.occurred_at <= now + timedelta(minutes=5):
            said = timezone.localtime(self.occurred_at)
            raise FieldRefused("occurred_at", f"发生时间 {said:%Y-%m-%d %H:%M} 不在近两年内，或晚于现在")
        if (self.latitude_e6 is None) != (self.longitude_e6 is None):
            raise FieldRefused("place", "位置只有经度或只有纬度")
        at = (self.latitude_e6, self.longitude_e6)
        if at[0] is not None and at[1] is not None and not inside_china([at[0]], [at[1]])[0]:
            raise FieldRefused("place", "位置不在国内，请重新选点")
        self.answers = self._answered(required=answers_asked)
        self._settle_subject()

    def _answered(self, *, required: bool) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        for question in self.category.questions:
            code, label = question["code"], question["label"]
            said = words.line(str(self.answers.get(code, "") or ""))[:_MOST_ANSWER]
            if not said:
                if required and question.get("required"):
                    raise FieldRefused(f"answer_{code}", f"请填写：{label}")
                continue
            kind = question["kind"]
            if kind == "number" and not _NUMBER.fullmatch(said):
                raise FieldRefused(f"answer_{code}", f"“{label}”应为数字，填写的是 {said[:20]}")
            choices = _YES_NO if kind == "yes_no" else question.get("choices", ())
            if kind in ("choice", "yes_no") and said not in choices:
                raise FieldRefused(f"answer_{code}", f"“{label}”请从选项中选择")
            kept[code] = said
        if self.paid_jiao is None and _NUMBER.fullmatch(kept.get("paid", "")):
            jiao = round(float(kept["paid"]) * 10)
            self.paid_jiao = jiao if jiao <= 1_000_000 else None
        return kept

    def _settle_subject(self) -> None:
        """A vehicle brings its plate, its company and its trade; a driver the company, where none was named."""
        if self.vehicle is not None:
            self.plate = self.vehicle.plate
            self.company = self.company or self.vehicle.company
        if self.practitioner is not None:
            self.driver_name = self.practitioner.name
            self.company = self.company or self.practitioner.company
        if self.company is not None:
            self.company_name = self.company.name

    @property
    def industry(self) -> str:
        """The trade that it is about."""
        return self.category.industry or (self.vehicle.kind if self.vehicle is not None else "")
