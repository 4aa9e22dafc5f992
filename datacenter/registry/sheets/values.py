"""Makes a value of a cell's text by the field's own rules (单元格取值)."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from datacenter.registry.directory import stripped
from datacenter.registry.sheets.columns import Column

_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{4})(\d{2})(\d{2})")
_UPPER = frozenset({"vehicle.plate", "vehicle.vin", "company.credit_code", "practitioner.identity_no"})
_PHONE = re.compile(r"[0-9]{5,20}")


def value_of(column: Column, text: str) -> Any:
    """What ``text`` means in this column; None where it is empty and the field's default is to stand.

    Raises ``ValidationError`` with the rule that the text breaks.
    """
    if not text:
        if column.required:
            raise ValidationError("必填")
        return None
    field = column.field
    if field.choices:
        return _choice(column, text)
    if isinstance(field, models.DateField):
        return _date(text)
    if isinstance(field, models.IntegerField):
        return _integer(field, text)
    if column.name in _UPPER:
        text = text.upper().replace(" ", "")
    if column.name == "terminal.phone":
        if not _PHONE.fullmatch(text):
            raise ValidationError("终端手机号应为 5–20 位数字")
        text = stripped(text)
    if field.max_length and len(text) > field.max_length:
        raise ValidationError(f"超过 {field.max_length} 个字")
    field.run_validators(text)
    return text


def _choice(column: Column, text: str) -> Any:
    choices = _choices_of(column.field)
    if text in choices:
        return choices[text]
    if column.field.name == "plate_colour" and text.removesuffix("色") in choices:
        return choices[text.removesuffix("色")]
    labels = "、".join(str(label) for _, label in column.field.flatchoices)
    raise ValidationError(f"应为以下之一：{labels}")


@cache
def _choices_of(field: models.Field[Any, Any]) -> dict[str, Any]:
    """A choice's value by its label, and by itself as text."""
    return {str(value): value for value, _ in field.flatchoices} | {
        str(label): value for value, label in field.flatchoices
    }


def _date(text: str) -> date:
    found = _DATE.fullmatch(text.split(" ")[0])
    if found is None:
        raise ValidationError("日期应写作 2026-03-01")
    year, month, day = (int(part) for part in found.groups() if part)
    try:
        return date(year, month, day)
    except ValueError:
        raise ValidationError("不是有效日期") from None


def _integer(field: models.IntegerField[Any, Any], text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 10:
        raise ValidationError("应为整数")
    number = int(text)
    field.run_validators(number)
    return number
