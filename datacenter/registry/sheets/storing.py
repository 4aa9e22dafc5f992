"""Takes a table: all of its rows or none (导入)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, models, transaction

from datacenter.accounts import audit
from datacenter.accounts.models import Unit
from datacenter.registry.directory import announce_change
from datacenter.registry.errors import SheetRefused
from datacenter.registry.models import Certificate, Company, Practitioner, Terminal, Vehicle
from datacenter.registry.sheets.checking import Draft, check
from datacenter.registry.sheets.columns import Sheet
from datacenter.registry.sheets.reading import Line, read
from datacenter.registry.sheets.report import Fault, Report

_BATCH = 2000


def preview(data: bytes, sheet: Sheet, *, by: Any) -> tuple[list[Line], Report]:
    """(rows as read, what is wrong with them); nothing is written. Raises ``SheetUnreadable``."""
    lines = read(data, sheet)
    return lines, check(lines, sheet, by=by)[1]


def import_sheet(data: bytes, sheet: Sheet, *, by: Any) -> int:
    """Adds every row of a file to the registry and says how many rows it had.

    Raises ``SheetUnreadable``, or ``SheetRefused`` with the report; then nothing was added.
    """
    lines = read(data, sheet)
    try:
        with transaction.atomic():
            drafts, report = check(lines, sheet, by=by)
            if not report.clean:
                raise SheetRefused(report)
            _STORE.get(sheet.model, _store_plain)(drafts, sheet)
            audit.record(None, "registry.import", sheet.title, user=by, rows=len(lines))
            if sheet.model in (Terminal, Vehicle):
                announce_change()
    except IntegrityError:
        # Somebody registered one of them between the check and the write.
        late = Fault(0, "", "", "与刚刚登记的数据重复，请重新校验")
        raise SheetRefused(Report(len(lines), [late])) from None
    return len(lines)


def _fields(draft: Draft, model: type[models.Model]) -> dict[str, Any]:
    """The values of a draft that are fields of ``model``, by attribute; foreign keys as ids."""
    label = f"{model._meta.model_name}."
    found = {}
    for name, value in draft.values.items():
        if name.startswith(label):
            found[model._meta.get_field(name.removeprefix(label)).attname] = value  # type: ignore[union-attr]
    return found


def _store_plain(drafts: list[Draft], sheet: Sheet) -> None:
    _add(sheet.model, (sheet.model(**_fields(draft, sheet.model)) for draft in drafts))


def _store_terminals(drafts: list[Draft], sheet: Sheet) -> None:
    _add(Terminal, (Terminal(vehicle_id=draft.get("vehicle"), **_fields(draft, Terminal)) for draft in drafts))


def _store_companies(drafts: list[Draft], sheet: Sheet) -> None:
    """A company has a unit of its own, below its county's station where there is exactly one."""
    stations: dict[str, list[int]] = {}
    for pk, county in Unit.objects.filter(kind=Unit.Kind.COUNTY_STATION).values_list("pk", "county_id"):
        stations.setdefault(county, []).append(pk)
    homes = []
    for draft in drafts:
        above = stations.get(draft.get("company.county"), [])
        homes.append(
            Unit(
                name=draft.get("company.name"),
                kind=Unit.Kind.COMPANY,
                county_id=draft.get("company.county"),
                parent_id=above[0] if len(above) == 1 else None,
            )
        )
    units = _add(Unit, homes)
    _add(Company, (Company(unit=unit, **_fields(draft, Company)) for draft, unit in zip(drafts, units, strict=True)))


def _store_people(drafts: list[Draft], sheet: Sheet) -> None:
    firsts: dict[str, Draft] = {}
    for draft in drafts:
        firsts.setdefault(draft.get("practitioner.identity_no"), draft)
    rows = _add(Practitioner, (Practitioner(**_fields(draft, Practitioner)) for draft in firsts.values()))
    people = {row.identity_no: row for row in rows}
    papers = (
        Certificate(practitioner=people[draft.get("practitioner.identity_no")], **_fields(draft, Certificate))
        for draft in drafts
        if draft.get("certificate.number") is not None
    )
    _add(Certificate, papers)


def _add(model: type[models.Model], rows: Iterable[Any]) -> list[Any]:
    return model._default_manager.bulk_create(list(rows), batch_size=_BATCH)


_STORE = {Company: _store_companies, Practitioner: _store_people, Terminal: _store_terminals}
