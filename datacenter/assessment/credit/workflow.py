"""The verbs of credit (交通征信): grade, list, take off the list, repair, certify, revoke."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone

from datacenter.accounts.permissions import require
from datacenter.assessment import settings
from datacenter.assessment.city import require_city
from datacenter.assessment.credit import grading
from datacenter.assessment.credit.grading import months_later
from datacenter.assessment.credit.selectors import (
    certificates_visible_to,
    current_grades,
    grades_visible_to,
    listings_visible_to,
    repairs_visible_to,
    standing_listings,
    subject_for,
)
from datacenter.assessment.errors import AlreadyDone, FieldRefused, SubjectNotFound
from datacenter.assessment.models import CreditCertificate, CreditGrade, CreditListing, CreditRepair
from datacenter.assessment.models.subjects import GRADED, Kind
from datacenter.registry.masking import mask_identity_no
from datacenter.registry.models import Company, Practitioner, Vehicle

CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE_LENGTH = 16
_BETTER = {"B": "A"}
_SUBJECT = ("kind", "subject", "name", "county_id", "company_id")


def authority_of(user: Any) -> str:
    """In whose name an officer decides."""
    return str(user.unit.name) if user.unit_id else "交通运输局"


def grade(kind: str, *, by: Any, on: date | None = None) -> int:
    """Grade all subjects of a kind as of a day (评定); how many. The grades before stay beside the new ones."""
    require_city(by, "credit.change")
    if kind not in GRADED:
        raise FieldRefused("kind", "请选择评定对象")
    on = on or timezone.localdate()
    authority = authority_of(by)
    rows = [
        CreditGrade(
            grade=one.grade, score=one.sum.score, parts=one.sum.parts, absent=one.sum.absent, verified=one.sum.verified,
            assessed_on=on, valid_until=one.valid_until, authority=authority, by=by, **one.subject.columns(),
        )
        for one in grading.grade_all(Kind(kind), on)
    ]  # fmt: skip
    with transaction.atomic():
        CreditGrade.objects.bulk_create(rows, batch_size=2000)
    return len(rows)


# --- lists ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class NewListing:
    """Why somebody is listed, until when, and what it rests on."""

    colour: str
    cause: str
    source: str
    valid_until: date | None = None


def enter_listing(kind: str, subject: str, new: NewListing, *, by: Any) -> CreditListing:
    """Enter a subject in a list (列入). Raises ``FieldRefused``, ``AlreadyDone``, ``SubjectNotFound``."""
    require_city(by, "credit.change")
    who = subject_for(by, kind, subject)
    if new.colour not in CreditListing.Colour.values:
        raise FieldRefused("colour", "请选择红名单或黑名单")
    for name, text in (("cause", new.cause), ("source", new.source)):
        if not text.strip():
            raise FieldRefused(name, "请填写列入事由" if name == "cause" else "请填写依据")
    today = timezone.localdate()
    until = new.valid_until or months_later(today, settings.value("listing_months"))
    if until < today:
        raise FieldRefused("valid_until", "有效期止不能早于今天")
    try:
        with transaction.atomic():
            listings_visible_to(by).filter(
                kind=kind, subject=subject, colour=new.colour, ended_on=None, valid_until__lt=today
            ).order_by().update(ended_on=F("valid_until"), end=CreditListing.End.EXPIRED)
            return CreditListing.objects.create(
                colour=new.colour, cause=new.cause.strip()[:200], source=new.source.strip()[:300], listed_on=today,
                valid_until=until, authority=authority_of(by), entered_by=by, **who.columns(),
            )  # fmt: skip
    except IntegrityError:
        raise AlreadyDone("该对象已在名单中", subject=subject) from None


def end_listing(pk: int, *, end: str, note: str, by: Any) -> CreditListing:
    """Take an entry off its list (移出)."""
    require_city(by, "credit.change")
    with transaction.atomic():
        row = listings_visible_to(by).select_for_update(of=("self",)).filter(pk=pk).first()
        if row is None:
            raise SubjectNotFound(pk=pk)
        if not note.strip():
            raise FieldRefused("note", "请填写移出理由")
        if row.ended_on is not None:
            raise AlreadyDone(pk=pk)
        row.ended_on, row.end, row.ended_by, row.end_note = timezone.localdate(), end, by, note.strip()[:300]
        row.save(update_fields=["ended_on", "end", "ended_by", "end_note"])
    return row


# --- repair ---------------------------------------------------------------------------------------------------------
def ask_repair(kind: str, subject: str, *, reason: str, by: Any) -> CreditRepair:
    """Ask to be taken off the black list, else to be graded anew after a B (申请信用修复).

    Raises ``FieldRefused`` where there is nothing to repair, ``AlreadyDone`` where it was asked before.
    """
    require(by, "credit.view")
    who = subject_for(by, kind, subject)
    if not reason.strip():
        raise FieldRefused("reason", "请填写整改情况")
    listing = standing_listings(by).filter(
        kind=kind, subject=subject, colour=CreditListing.Colour.BLACK
    ).first()  # fmt: skip
    worst = None if listing else current_grades(by, kind).filter(subject=subject, grade__in=_BETTER).first()
    if listing is None and worst is None:
        raise FieldRefused("reason", "没有可修复的失信记录：未列入黑名单，等级也不是 B")
    try:
        with transaction.atomic():
            return CreditRepair.objects.create(
                listing=listing, grade=worst, reason=reason.strip()[:1000], asked_by=by, **who.columns()
            )
    except IntegrityError:
        raise AlreadyDone("已有待审核的修复申请", subject=subject) from None


def decide_repair(pk: int, *, grant: bool, note: str, by: Any) -> CreditRepair:
    """Grant or refuse a repair (审核); what is granted takes effect at once."""
    require_city(by, "credit.change")
    with transaction.atomic():
        row = repairs_visible_to(by).select_for_update(of=("self",)).filter(pk=pk).first()
        if row is None:
            raise SubjectNotFound(pk=pk)
        if not note.strip():
            raise FieldRefused("note", "请填写审核意见")
        if row.state != CreditRepair.State.ASKED:
            raise AlreadyDone(pk=pk)
        row.state = CreditRepair.State.GRANTED if grant else CreditRepair.State.REFUSED
        row.note, row.decided_at, row.decided_by = note.strip()[:500], timezone.now(), by
        row.save()
        if grant and row.listing is not None:
            end_listing(row.listing.pk, end=CreditListing.End.REPAIRED, note=row.note, by=by)
        if grant and row.grade is not None:
            _raise_grade(row.grade, row.note, by)
    return row


def _raise_grade(old: CreditGrade, note: str, by: Any) -> None:
    """One grade better, to the day on which the old one would have ended; how it was counted stays."""
    facts = {name: getattr(old, name) for name in (*_SUBJECT, "score", "parts", "absent", "verified", "valid_until")}
    if old.valid_until < timezone.localdate():
        raise AlreadyDone("该等级已过有效期，请重新评定", pk=old.pk)
    CreditGrade.objects.create(
        **facts, grade=_BETTER[old.grade], assessed_on=timezone.localdate(), authority=authority_of(by), by=by,
        repair_note=f"信用修复：{note}"[:300],
    )  # fmt: skip


# --- certificates ---------------------------------------------------------------------------------------------------
def issue(kind: str, subject: str, *, by: Any) -> CreditCertificate:
    """Certify where a subject stands today (出具信用证明). Raises ``FieldRefused`` where it has no grade that holds."""
    require_city(by, "credit.change")
    who = subject_for(by, kind, subject)
    now, today = timezone.now(), timezone.localdate()
    newest = grades_visible_to(by).filter(kind=kind, subject=subject).order_by("-pk").first()
    if newest is None or newest.valid_until < today:
        raise FieldRefused("subject", "没有在有效期内的信用等级，请先评定")
    days = timedelta(days=settings.value("certificate_days"))
    until = min(newest.valid_until, today + days)
    listed = {row.get_colour_display() for row in standing_listings(by).filter(kind=kind, subject=subject)}
    label, code = subject_code(kind, subject, masked=True)
    content = [
        ["证明对象", who.name],
        [label, code],
        ["对象类别", Kind(kind).label],
        ["信用等级", newest.grade + ("" if newest.verified else "（评定规则未核实）")],
        ["评定日期", f"{newest.assessed_on:%Y-%m-%d}"],
        ["等级有效期至", f"{newest.valid_until:%Y-%m-%d}"],
        ["红黑名单", "、".join(sorted(listed)) or "未列入"],
        ["出具机关", authority_of(by)],
        ["出具日期", f"{today:%Y-%m-%d}"],
        ["证明有效期至", f"{until:%Y-%m-%d}"],
    ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('credit_certificate_number')")
        (running,) = cursor.fetchone()
    return CreditCertificate.objects.create(
        number=f"XYZM-{today.year}-{running:06d}", code=_new_code(),
        content=content, issued_at=now, valid_until=until, issued_by=by, **who.columns(),
    )  # fmt: skip


def _new_code() -> str:
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))


def revoke(pk: int, *, note: str, by: Any) -> CreditCertificate:
    """Take a certificate back (撤销): whoever checks it is told."""
    require_city(by, "credit.change")
    with transaction.atomic():
        row = certificates_visible_to(by).select_for_update(of=("self",)).filter(pk=pk).first()
        if row is None:
            raise SubjectNotFound(pk=pk)
        if not note.strip():
            raise FieldRefused("note", "请填写撤销理由")
        if row.revoked_at is not None:
            raise AlreadyDone(pk=pk)
        row.revoked_at, row.revoked_by, row.revoke_note = timezone.now(), by, note.strip()[:300]
        row.save(update_fields=["revoked_at", "revoked_by", "revoke_note"])
    return row


def subject_code(kind: str, subject: str, *, masked: bool) -> tuple[str, str]:
    """By what the city's credit system knows a subject: what it is called, and the code; a person's masked if asked."""
    if kind == Kind.COMPANY:
        code = Company.objects.filter(pk=subject).values_list("credit_code", flat=True).first() or ""
        return "统一社会信用代码", code
    if kind == Kind.PRACTITIONER:
        number = Practitioner.objects.filter(pk=subject).values_list("identity_no", flat=True).first() or ""
        return "居民身份证号", mask_identity_no(number) if masked else number
    permit = Vehicle.objects.filter(pk=subject).values_list("transport_permit_no", flat=True).first() or ""
    return "道路运输证号", permit
