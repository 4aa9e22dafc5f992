"""The registry's verbs (登记办理): each is one transaction, says who did it, and tells the gateways what changed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from datacenter.accounts import audit
from datacenter.registry.directory import announce_change, stripped
from datacenter.registry.errors import BindingRefused, EntryRefused, TerminalRefused
from datacenter.registry.models import Company, DriverBinding, Practitioner, Terminal, UnknownTerminal, Vehicle


@transaction.atomic
def register_vehicle(
    *, plate: str, plate_colour: int, kind: str, company: Company, by: Any, county_id: str = "", **details: Any
) -> Vehicle:
    """Enters a vehicle (车辆登记); its county is its company's unless another is named. Raises ``EntryRefused``."""
    vehicle = Vehicle(
        plate=plate,
        plate_colour=plate_colour,
        kind=kind,
        company=company,
        county_id=county_id or company.county_id,
        **details,
    )
    _insert(vehicle)
    audit.record(None, "vehicle.register", f"车辆 {vehicle.pk}", user=by, plate=plate, plate_colour=plate_colour)
    announce_change()
    return vehicle


@transaction.atomic
def bind_driver(
    vehicle: Vehicle,
    *,
    driver: Practitioner,
    by: Any,
    since: datetime | None = None,
    source: str = DriverBinding.Source.REGISTRY,
) -> DriverBinding:
    """Says who drives a vehicle from now on (人车绑定); a vehicle may have several drivers, a driver has one vehicle.

    What the driver drove until now ends at ``since``. Bound already, the binding stays as it is. Raises
    ``BindingRefused``.
    """
    moment = since or timezone.now()
    driver = Practitioner.objects.select_for_update().get(pk=driver.pk)
    if driver.kind != Practitioner.Kind.DRIVER:
        raise BindingRefused(f"{driver.get_kind_display()}不能绑定为驾驶员", practitioner=driver.pk)
    if driver.company_id != vehicle.company_id:
        raise BindingRefused("驾驶员与车辆不属于同一企业", practitioner=driver.pk, vehicle=vehicle.pk)
    running = list(driver.bindings.select_for_update().filter(until=None))
    kept = next((binding for binding in running if binding.vehicle_id == vehicle.pk), None)
    for binding in running:
        if binding is kept:
            continue
        if binding.since >= moment:
            raise BindingRefused("该驾驶员在此时间之后已绑定其他车辆", practitioner=driver.pk, vehicle=vehicle.pk)
        binding.until = moment
        binding.save(update_fields=["until"])
    if kept is None:
        kept = DriverBinding.objects.create(vehicle=vehicle, practitioner=driver, since=moment, source=source)
    audit.record(None, "driver.bind", f"车辆 {vehicle.pk}", user=by, practitioner=driver.pk, since=moment)
    return kept


@transaction.atomic
def replace_terminal(
    old: Terminal, *, phone: str, edition: str, by: Any, installed_on: date | None = None, **details: Any
) -> Terminal:
    """Puts a new terminal in the place of ``old`` (更换终端). Raises ``TerminalRefused``, ``EntryRefused``."""
    old = _in_use(old)
    new = Terminal(
        vehicle_id=old.vehicle_id,
        phone=stripped(phone),
        edition=edition,
        installed_on=installed_on or timezone.localdate(),
        **({"networks": old.networks} | details),  # where this vehicle's terminal may come from stays as it was
    )
    # The old one goes first: the new one may keep its SIM card, and a number is in use once.
    _set_state(old, Terminal.State.REPLACED)
    _insert(new)
    Terminal.objects.filter(pk=old.pk).update(replaced_by=new)
    audit.record(None, "terminal.replace", f"终端 {old.pk}", user=by, vehicle=old.vehicle_id, replaced_by=new.pk)
    announce_change()
    return new


@transaction.atomic
def retire_terminal(terminal: Terminal, *, by: Any) -> Terminal:
    """Takes a terminal out of use (停用终端); its positions are refused from now on. Raises ``TerminalRefused``."""
    terminal = _in_use(terminal)
    _set_state(terminal, Terminal.State.RETIRED)
    audit.record(None, "terminal.retire", f"终端 {terminal.pk}", user=by, vehicle=terminal.vehicle_id)
    announce_change()
    return terminal


@transaction.atomic
def adopt_terminal(
    unknown: UnknownTerminal, *, vehicle: Vehicle, by: Any, replacing: Terminal | None = None
) -> Terminal:
    """Registers a terminal that called in unknown (接纳未登记终端) for ``vehicle``, in the place of another if told.

    The unknown terminal's row is marked as adopted. Raises ``TerminalRefused``, ``EntryRefused``.
    """
    row = UnknownTerminal.objects.select_for_update().get(pk=unknown.pk)
    if row.adopted_at is not None:
        raise TerminalRefused("该终端已被接纳", unknown=row.pk)
    if replacing is not None and replacing.vehicle_id != vehicle.pk:
        raise TerminalRefused("被更换的终端不在这辆车上", terminal=replacing.pk, vehicle=vehicle.pk)
    facts: dict[str, Any] = {"maker": row.maker, "model": row.model, "terminal_id": row.terminal_id}
    if replacing is not None:
        terminal = replace_terminal(replacing, phone=row.phone, edition=row.edition, by=by, **facts)
    else:
        terminal = Terminal(
            vehicle=vehicle,
            phone=stripped(row.phone),
            edition=row.edition,
            installed_on=timezone.localdate(),
            **facts,
        )
        _insert(terminal)
    row.adopted_at = timezone.now()
    row.save(update_fields=["adopted_at"])
    audit.record(None, "terminal.adopt", f"终端 {terminal.pk}", user=by, vehicle=vehicle.pk, unknown=row.pk)
    announce_change()
    return terminal


@transaction.atomic
def allow_networks(subject: Terminal | Company, *, networks: str, by: Any) -> None:
    """Says where a terminal, or a company's terminals, may come from (接入网段), by JT/T 905. Raises ``EntryRefused``.

    Sockets from elsewhere are closed as soon as the gateways have read the registry again.
    """
    row = type(subject)._default_manager.select_for_update().get(pk=subject.pk)
    before, row.networks = row.networks, " ".join(networks.split())
    try:
        row.clean_fields(exclude={field.name for field in row._meta.fields} - {"networks"})
    except ValidationError as refusal:
        raise EntryRefused(refusal.message_dict) from None
    row.save(update_fields=["networks"])
    named = f"{row._meta.verbose_name} {row.pk}"
    audit.record(None, "networks.allow", named, user=by, before=before, after=row.networks)
    announce_change()


def _in_use(terminal: Terminal) -> Terminal:
    """The terminal's row, locked; raises ``TerminalRefused`` unless it is in use."""
    locked = Terminal.objects.select_for_update().get(pk=terminal.pk)
    if locked.state != Terminal.State.IN_USE:
        raise TerminalRefused(f"该终端状态为“{locked.get_state_display()}”，只能对在用终端办理", terminal=locked.pk)
    return locked


def _set_state(terminal: Terminal, state: Terminal.State) -> None:
    terminal.state = state
    terminal.save(update_fields=["state"])


def _insert(row: models.Model) -> None:
    """Checks every rule of the row, then adds it; raises ``EntryRefused``, also where another was faster."""
    try:
        row.full_clean()
        with transaction.atomic():
            row.save(force_insert=True)
    except ValidationError as refusal:
        raise EntryRefused(refusal.message_dict) from None
    except IntegrityError:
        raise EntryRefused({"__all__": ["已有相同的登记"]}) from None
