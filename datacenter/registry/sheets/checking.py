"""Finds every fault of a table before any row of it is taken (校验).

Three passes: each cell by its field's rule; what a row refers to (company, county, vehicle) inside the user's scope;
then rows against each other and against what is registered. References and duplicates are looked up for the whole
table at once, so the number of queries does not grow with its rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from datacenter.geo.counties import counties
from datacenter.registry import rules
from datacenter.registry.models import Certificate, Company, Permit, Practitioner, Terminal, Vehicle
from datacenter.registry.selectors import companies_visible_to, plates_named
from datacenter.registry.sheets.columns import Column, Sheet
from datacenter.registry.sheets.reading import Line
from datacenter.registry.sheets.report import Fault, Report
from datacenter.registry.sheets.values import value_of

_PERSON = (
    "practitioner.name",
    "practitioner.kind",
    "practitioner.phone",
    "practitioner.company",
    "practitioner.county",
)
_PAPER = ("certificate.category", "certificate.number", "certificate.valid_from", "certificate.valid_until")
_IN_ORDER = (
    ("certificate.valid_from", "certificate.valid_until"),
    ("permit.valid_from", "permit.valid_until"),
    ("terminal.installed_on", "terminal.warranty_until"),
)


@dataclass(slots=True)
class Draft:
    """A row on its way in: its number in the file, its values by column name; what it refers to as rows' ids."""

    number: int
    values: dict[str, Any]

    def get(self, name: str) -> Any:
        """The value of a column; None where the file has none."""
        return self.values.get(name)


def check(lines: list[Line], sheet: Sheet, *, by: Any) -> tuple[list[Draft], Report]:
    """(rows as values, everything wrong with them); the drafts are whole only where the report is clean."""
    checker = _Checker(sheet, Report(rows=len(lines)))
    drafts = [checker.values(line) for line in lines]
    checker.references(drafts, by)
    checker.orders(drafts)
    checker.doubles(drafts)
    return drafts, checker.report


class _Checker:
    def __init__(self, sheet: Sheet, report: Report) -> None:
        self.sheet, self.report = sheet, report
        self._titles = {column.name: column.title for column in sheet.columns}
        self._texts: dict[tuple[int, str], str] = {}
        self._bad: set[tuple[int, str]] = set()

    def fault(self, draft: Draft, name: str, rule: str, *, warning: bool = False) -> None:
        text = self._texts.get((draft.number, name), "")
        self._bad.add((draft.number, name))
        self.report.faults.append(Fault(draft.number, self._titles.get(name, ""), text, rule, warning))

    # --- Cells ------------------------------------------------------------------------------------------------------
    def values(self, line: Line) -> Draft:
        draft = Draft(line.number, {})
        for column, text in line.cells.items():
            self._texts[line.number, column.name] = text
            if column.refers in ("company", "county"):
                if text or column.required:
                    draft.values[column.name] = text
                continue
            try:
                value = value_of(column, text)
            except ValidationError as refusal:
                self.fault(draft, column.name, "；".join(refusal.messages))
                continue
            if value is not None:
                draft.values[column.name] = value
        vin = draft.get("vehicle.vin")
        if self.sheet.model is Vehicle and vin and (odd := rules.vin_warning(vin)):
            self.fault(draft, "vehicle.vin", odd, warning=True)
        return draft

    # --- References -------------------------------------------------------------------------------------------------
    def references(self, drafts: list[Draft], by: Any) -> None:
        columns = {column.refers: column for column in self.sheet.columns if column.refers}
        if "company" in columns:
            self._companies(drafts, columns["company"], by)
        if "county" in columns:
            self._counties(drafts, columns["county"])
        if "vehicle" in columns:
            self._vehicles(drafts, by)

    def _companies(self, drafts: list[Draft], column: Column, by: Any) -> None:
        rows = list(companies_visible_to(by).select_related(None).only("pk", "name", "credit_code", "county_id"))
        found = {row.name: row for row in rows} | {row.credit_code: row for row in rows}
        for draft in drafts:
            text = draft.values.pop(column.name, None)
            if text is None:
                continue
            company = found.get(text) or found.get(text.upper())
            if company is None:
                self.fault(draft, column.name, "没有登记这家企业，或不在您的管辖范围内" if text else "必填")
                continue
            draft.values[column.name] = company.pk
            draft.values["company's county"] = company.county_id

    def _counties(self, drafts: list[Draft], column: Column) -> None:
        rows = list(counties().values_list("code", "name"))
        found = {name: code for code, name in rows} | {code: code for code, _ in rows}
        for draft in drafts:
            text = draft.values.pop(column.name, "")
            code = found.get(text) if text else draft.get("company's county")
            if code is not None:
                draft.values[column.name] = code
            elif text:
                self.fault(draft, column.name, "没有这个县区")
            elif (draft.number, column.name.replace("county", "company")) not in self._bad:
                self.fault(draft, column.name, "必填" if column.required else "没有填企业，属地县区必填")

    def _vehicles(self, drafts: list[Draft], by: Any) -> None:
        plates = {draft.get("vehicle.plate") for draft in drafts} - {None}
        rows = plates_named(by, plates).order_by().values_list("plate", "plate_colour", "pk")
        found = {(plate, colour): pk for plate, colour, pk in rows}
        for draft in drafts:
            plate, colour = draft.get("vehicle.plate"), draft.get("vehicle.plate_colour")
            if plate is None or colour is None:
                continue
            if (plate, colour) in found:
                draft.values["vehicle"] = found[plate, colour]
            else:
                self.fault(draft, "vehicle.plate", "没有登记这辆车（车牌和颜色须一致），或不在您的管辖范围内")

    # --- Dates ------------------------------------------------------------------------------------------------------
    def orders(self, drafts: list[Draft]) -> None:
        for draft in drafts:
            for first, last in _IN_ORDER:
                start, end = draft.get(first), draft.get(last)
                if start and end and end < start:
                    self.fault(draft, last, "早于起始日期")

    # --- Doubles ----------------------------------------------------------------------------------------------------
    def doubles(self, drafts: list[Draft]) -> None:
        if self.sheet.model is Company:
            self._once(drafts, "company.name", lambda keys: Company.objects.filter(name__in=keys).values_list("name"))
            self._once(
                drafts,
                "company.credit_code",
                lambda keys: Company.objects.filter(credit_code__in=keys).values_list("credit_code"),
            )
        elif self.sheet.model is Vehicle:
            self._once(
                [d for d in drafts if d.get("vehicle.state") != Vehicle.State.RETIRED],
                ("vehicle.plate", "vehicle.plate_colour"),
                lambda keys: (
                    Vehicle.objects.filter(plate__in=[plate for plate, _ in keys])
                    .exclude(state=Vehicle.State.RETIRED)
                    .values_list("plate", "plate_colour")
                ),
            )
        elif self.sheet.model is Terminal:
            in_use = Terminal.State.IN_USE
            self._once(
                [draft for draft in drafts if draft.get("terminal.state") in (None, in_use)],
                "terminal.phone",
                lambda keys: Terminal.objects.filter(phone__in=keys, state=in_use).values_list("phone"),
            )
        elif self.sheet.model is Permit:
            self._once(
                drafts, "permit.number", lambda keys: Permit.objects.filter(number__in=keys).values_list("number")
            )
        elif self.sheet.model is Practitioner:
            self._people(drafts)

    def _people(self, drafts: list[Draft]) -> None:
        """A person may stand on several rows, one a certificate; what the rows say of the person must agree."""
        first: dict[str, Draft] = {}
        for draft in drafts:
            identity = draft.get("practitioner.identity_no")
            if identity is None:
                continue
            known = first.setdefault(identity, draft)
            for name in _PERSON:
                if draft.get(name) != known.get(name):
                    self.fault(draft, name, f"同一身份证号，与第 {known.number} 行不一致")
            if known is not draft and draft.get("certificate.number") is None:
                self.fault(draft, "practitioner.identity_no", f"与第 {known.number} 行重复")
        registered = set(
            Practitioner.objects.filter(identity_no__in=list(first)).order_by().values_list("identity_no", flat=True)
        )
        for draft in drafts:
            if draft.get("practitioner.identity_no") in registered:
                self.fault(draft, "practitioner.identity_no", "该人员已登记")
            given = [name for name in _PAPER if draft.get(name) is not None]
            if given and len(given) < len(_PAPER):
                missing = "、".join(self._titles[name] for name in _PAPER if name not in given)
                self.fault(draft, given[0], f"资格证不完整，缺少：{missing}")
        self._once(
            drafts,
            ("certificate.category", "certificate.number"),
            lambda keys: Certificate.objects.filter(number__in=[number for _, number in keys]).values_list(
                "category", "number"
            ),
            name="certificate.number",
        )

    def _once(
        self,
        drafts: list[Draft],
        names: str | tuple[str, ...],
        registered: Callable[[list[Any]], Iterable[tuple[Any, ...]]],
        *,
        name: str = "",
    ) -> None:
        """Each value (or tuple of values) once in the file and not yet in the table."""
        parts = (names,) if isinstance(names, str) else names
        name = name or parts[0]
        keys: dict[tuple[Any, ...], Draft] = {}
        for draft in drafts:
            key = tuple(draft.get(part) for part in parts)
            if None in key:
                continue
            known = keys.setdefault(key, draft)
            if known is not draft:
                self.fault(draft, name, f"与第 {known.number} 行重复")
        wanted = list(keys) if len(parts) > 1 else [key[0] for key in keys]
        present = {tuple(row) for row in registered(wanted)}
        for key, draft in keys.items():
            if key in present:
                self.fault(draft, name, "已登记")
