"""Which columns each table has (导入导出表头). A head is the field's own Chinese name, so a table explains itself.

The same table of columns reads, checks, exports and makes the empty form that people fill in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models

from datacenter.registry import masking
from datacenter.registry.models import Certificate, Company, Permit, Practitioner, Terminal, Vehicle

Show = Callable[[Any], object]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the model's field it fills, its head, whether it must be filled, and what an export shows of it.

    ``refers`` marks what is looked up instead of stored: a company, a county, a vehicle's plate and colour.
    """

    field: models.Field[Any, Any]
    title: str
    required: bool
    show: Show
    example: str = ""
    refers: str = ""

    @property
    def name(self) -> str:
        """The field's name; with its model's where a row fills two models."""
        return f"{self.field.model._meta.model_name}.{self.field.name}"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One kind of table: its name in addresses and on pages, the model of its rows, its columns."""

    kind: str
    title: str
    model: type[models.Model]
    columns: tuple[Column, ...]

    def by_title(self) -> Mapping[str, Column]:
        """Columns by their head."""
        return {column.title: column for column in self.columns}


def _column(
    model: type[models.Model],
    name: str,
    show: Show | None = None,
    *,
    example: str = "",
    required: bool | None = None,
    refers: str = "",
) -> Column:
    field = model._meta.get_field(name)
    assert isinstance(field, models.Field)
    must = required if required is not None else not (field.blank or field.has_default())
    return Column(field, str(field.verbose_name), must, show or _plain(field), example, refers)


def _plain(field: models.Field[Any, Any]) -> Show:
    if field.choices:
        return lambda row: getattr(row, f"get_{field.name}_display")()
    return lambda row: getattr(row, field.name)


def _county(model: type[models.Model]) -> Column:
    """The county; empty means the company's."""
    return _column(
        model, "county", lambda row: row.county.name, required=model is Company, refers="county", example="大洼区"
    )


def _company(model: type[models.Model], *, required: bool = True) -> Column:
    """A company by its name or its credit code."""
    return _column(
        model,
        "company",
        lambda row: row.company.name if row.company else "",
        required=required,
        refers="company",
        example="（企业名称或统一社会信用代码）",
    )


def _of_vehicle(name: str, example: str) -> Column:
    """A part of the vehicle that a terminal sits in: plate and colour together name it."""
    column = _column(Vehicle, name, refers="vehicle", example=example)
    show = column.show
    return Column(column.field, column.title, True, lambda row: show(row.vehicle), example, "vehicle")


def _of_certificate(name: str, example: str) -> Column:
    """A part of a practitioner's certificate; a second certificate is a second row with the same person."""
    column = _column(Certificate, name, example=example)
    masked = masking.mask_number if name == "number" else lambda value: value

    def show(row: Any) -> object:
        paper = getattr(row, "shown_certificate", None)
        return masked(getattr(paper, name)) if paper else ""

    return Column(column.field, column.title, False, show, example)


COMPANIES = Sheet(
    "companies",
    "企业",
    Company,
    (
        _column(Company, "name", example="盘锦某某运输有限公司"),
        _column(Company, "kind", example="道路货运"),
        _column(Company, "credit_code", example="91211100MA0Q1W2E0K"),
        _county(Company),
        _column(Company, "legal_representative", lambda row: masking.mask_name(row.legal_representative)),
        _column(Company, "phone"),
        _column(Company, "address"),
        _column(Company, "networks"),
    ),
)
VEHICLES = Sheet(
    "vehicles",
    "车辆",
    Vehicle,
    (
        _column(Vehicle, "plate", example="辽L12345"),
        _column(Vehicle, "plate_colour", example="黄"),
        _column(Vehicle, "kind", example="重型货车"),
        _company(Vehicle),
        _county(Vehicle),
        _column(Vehicle, "vin"),
        _column(Vehicle, "brand"),
        _column(Vehicle, "seats"),
        _column(Vehicle, "load_kg"),
        _column(Vehicle, "transport_permit_no"),
        _column(Vehicle, "state", example="营运"),
        _column(Vehicle, "registered_on", example="2024-03-01"),
    ),
)
PRACTITIONERS = Sheet(
    "practitioners",
    "从业人员",
    Practitioner,
    (
        _column(Practitioner, "name", lambda row: masking.mask_name(row.name), example="张某"),
        _column(Practitioner, "kind", example="驾驶员"),
        _column(
            Practitioner,
            "identity_no",
            lambda row: masking.mask_identity_no(row.identity_no),
            example="211103199003070019",
        ),
        _column(Practitioner, "phone", lambda row: masking.mask_phone(row.phone)),
        _company(Practitioner, required=False),
        _county(Practitioner),
        _of_certificate("category", "道路货物运输驾驶员"),
        _of_certificate("number", "211103199003070019"),
        _of_certificate("valid_from", "2024-03-01"),
        _of_certificate("valid_until", "2030-02-28"),
    ),
)
TERMINALS = Sheet(
    "terminals",
    "车载终端",
    Terminal,
    (
        _of_vehicle("plate", "辽L12345"),
        _of_vehicle("plate_colour", "黄"),
        _column(Terminal, "phone", example="13900001234"),
        _column(Terminal, "edition", example="JT/T 808-2019"),
        _column(Terminal, "terminal_id"),
        _column(Terminal, "maker"),
        _column(Terminal, "model"),
        _column(Terminal, "iccid"),
        _column(Terminal, "networks"),
        _column(Terminal, "installed_on", example="2024-03-01"),
        _column(Terminal, "warranty_until", example="2027-02-28"),
        _column(Terminal, "state", example="在用"),
    ),
)
PERMITS = Sheet(
    "permits",
    "经营许可",
    Permit,
    (
        _company(Permit),
        _column(Permit, "category", example="道路普通货物运输"),
        _column(Permit, "number", example="（许可证上的号码）"),
        _column(Permit, "business_scope"),
        _column(Permit, "valid_from", example="2024-03-01"),
        _column(Permit, "valid_until", example="2028-02-29"),
    ),
)
SHEETS = {sheet.kind: sheet for sheet in (COMPANIES, VEHICLES, PRACTITIONERS, TERMINALS, PERMITS)}
