"""The verbs of lost and found things (失物办理): registered, matched, located, handed over, closed.

Each is one transaction that locks what it changes. Pages write them into the audit record; a hand-over is never
changed, and a thing handed over is done with.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import InMemoryUploadedFile, UploadedFile
from django.db import transaction
from django.utils import timezone
from PIL import Image, ImageStat

from complaints.lost.errors import ItemRefused
from complaints.lost.models import HandOver, LostItem
from datacenter.accounts.permissions import require
from datacenter.assessment import points
from datacenter.assessment.models import PointEntry, PointRule
from datacenter.cases.errors import FieldRefused
from datacenter.cases.evidence import StoredFile, keep, store_photo
from datacenter.registry.masking import mask_identity_no

RIGHT = "lost.register"
FOUND_RULE = "bonus.found"
MOST_SIGNATURE_BYTES = 300_000
_LEAST_INK = 0.002
"""Share of a signature's picture that is drawn on: a line through it is more, a dot is less."""
_IDENTITY = re.compile(r"[0-9A-Za-z()（）]{6,18}")
State = LostItem.State


def register_item(facts: dict[str, Any], *, by: Any, photo: UploadedFile | None = None) -> LostItem:
    """Enter a thing that is missed or was found; ``facts`` are columns of ``LostItem``. Raises ``ItemRefused``."""
    require(by, RIGHT)
    item = LostItem(**facts, registered_by=by, registered_at=timezone.now())
    if item.happened_at > item.registered_at:
        raise ItemRefused("happened_at", "时间不能晚于现在")
    if item.side == LostItem.Side.FOUND and not item.found_by:
        raise ItemRefused("found_by", "请选择拾到人")
    if item.side == LostItem.Side.LOST:
        item.found_by = ""
    if item.vehicle is not None:
        item.county_id, item.company_id = item.vehicle.county_id, item.vehicle.company_id
    if photo is not None:
        kept = _photo(photo)
        item.photo_path, item.photo_sha256 = kept.path, kept.sha256
    item.save()
    return item


def match_items(lost: LostItem, found: LostItem, *, by: Any) -> LostItem:
    """Say that a found thing is the missed one. Raises ``ItemRefused`` where either has another, or is done with."""
    require(by, RIGHT)
    with transaction.atomic():
        rows = {row.pk: row for row in _locked([lost.pk, found.pk])}
        lost, found = rows[lost.pk], rows[found.pk]
        if lost.side != LostItem.Side.LOST or found.side != LostItem.Side.FOUND:
            raise ItemRefused("match", "只能把一件报失物品和一件拾到物品对上")
        if not lost.is_open or not found.is_open:
            raise ItemRefused("match", "已交还或已结案的物品不能再匹配")
        if lost.match_id is not None or LostItem.objects.filter(match=found).exists():
            raise ItemRefused("match", "其中一件已经与别的物品对上")
        now = timezone.now()
        lost.match = found
        for item in (lost, found):
            item.state, item.located_at = State.LOCATED, item.located_at or now
            item.save(update_fields=["state", "located_at", "match"])
    return lost


def locate_item(item: LostItem, *, by: Any, now: datetime | None = None) -> LostItem:
    """A missed thing is there: the driver has it, nobody entered it as found. Raises ``ItemRefused``."""
    require(by, RIGHT)
    with transaction.atomic():
        (item,) = _locked([item.pk])
        if item.side != LostItem.Side.LOST:
            raise ItemRefused("state", "拾到的物品已在手，请与报失对上或直接交还")
        if item.state != State.OPEN:
            raise ItemRefused("state", f"当前为“{item.state_title}”，不能登记找到")
        item.state, item.located_at = State.LOCATED, now or timezone.now()
        item.save(update_fields=["state", "located_at"])
    return item


def hand_over(item: LostItem, *, by: Any, name: str, identity: str, signature: bytes, note: str = "") -> HandOver:
    """Give the thing to its owner against a signature (PNG). What it was matched with is done with too.

    Raises ``ItemRefused`` naming what is missing or wrong.
    """
    require(by, RIGHT)
    if not name.strip():
        raise ItemRefused("receiver_name", "请填写领取人姓名")
    identity = identity.strip()
    if not _IDENTITY.fullmatch(identity):
        raise ItemRefused("receiver_identity", "证件号应为 6 至 18 位数字或字母")
    kept = _signature(signature)
    with transaction.atomic():
        things = _with_match(item)
        item, now = things[0], timezone.now()
        if not item.is_open:
            raise ItemRefused("state", f"当前为“{item.state_title}”，不能交还")
        done = HandOver.objects.create(
            item=item, receiver_name=name.strip()[:40], receiver_identity=_hidden(identity),
            signature_path=kept.path, signature_sha256=kept.sha256, at=now, by=by, note=note.strip()[:300],
        )  # fmt: skip
        for row in things:
            row.state, row.located_at, row.closed_at = State.RETURNED, row.located_at or now, now
            row.save(update_fields=["state", "located_at", "closed_at"])
    return done


def close_item(item: LostItem, *, by: Any, note: str) -> LostItem:
    """End the search without the thing. Raises ``ItemRefused`` where it is done with, or nobody says why."""
    require(by, RIGHT)
    if not note.strip():
        raise ItemRefused("note", "请填写结案说明")
    with transaction.atomic():
        (item,) = _locked([item.pk])
        if item.state != State.OPEN:
            raise ItemRefused("state", f"当前为“{item.state_title}”，不能结案")
        item.state, item.closed_at, item.closing_note = State.CLOSED, timezone.now(), note.strip()[:300]
        item.save(update_fields=["state", "closed_at", "closing_note"])
    return item


def thank_driver(item: LostItem, *, by: Any) -> PointEntry:
    """Points for the driver who brought a thing back (拾金不昧), once a thing, by the row of the points' table.

    Raises ``ItemRefused`` where no driver is named, the thing did not go back, somebody else found it, or points were
    given already; and what ``points.reward`` raises.
    """
    driver = item.practitioner_id
    if driver is None or item.state != State.RETURNED:
        raise ItemRefused("practitioner", "物品交还、且登记了驾驶员后才能加分")
    rule = PointRule.objects.filter(kind_code=FOUND_RULE, bonus=True).first()
    if rule is None:
        raise ItemRefused("practitioner", "计分标准中没有“拾金不昧”一项")
    with transaction.atomic():
        things = _with_match(item)
        locked = things[0]
        if not brought_by_driver(things):
            raise ItemRefused("practitioner", "拾到人不是驾驶员，不能为驾驶员加分")
        if given(locked) is not None:
            raise ItemRefused("practitioner", "这件物品已为驾驶员加分")
        return points.reward(driver, rule=rule, at=locked.closed_at or timezone.now(), note=_thanks(locked), by=by)


def brought_by_driver(things: Sequence[LostItem]) -> bool:
    """Whether nobody but the driver is said to have found a thing; ``things`` are it and what it was matched with."""
    return all(one.side == LostItem.Side.LOST or one.found_by == LostItem.Finder.DRIVER for one in things)


def given(item: LostItem) -> PointEntry | None:
    """The points that the driver got for a thing, entered for itself or for what it was matched with."""
    notes = [_thanks(one) for one in (item, *LostItem.objects.filter(pk__in=_others(item)))]
    rows = PointEntry.objects.filter(practitioner_id=item.practitioner_id, note__in=notes, reverses=None)
    return rows.filter(reversed_by=None).first()


def _thanks(item: LostItem) -> str:
    return f"失物 {item.number} 交还失主"


def _others(item: LostItem) -> list[int]:
    """What was matched with it."""
    return list(LostItem.objects.filter(match=item.pk).values_list("pk", flat=True)) + [
        pk for pk in (item.match_id,) if pk is not None
    ]


def _locked(pks: Sequence[int]) -> list[LostItem]:
    rows = {row.pk: row for row in LostItem.objects.select_for_update(of=("self",)).filter(pk__in=pks).order_by("pk")}
    return [rows[pk] for pk in pks if pk in rows]


def _with_match(item: LostItem) -> list[LostItem]:
    """A thing and what it is matched with, locked together: two who begin at either end wait for one another."""
    pks = [item.pk, *_others(item)]
    rows = _locked(pks)
    return rows + _locked([pk for pk in _others(rows[0]) if pk not in pks])  # matched since it was read


def _hidden(identity: str) -> str:
    """An identity number as it is kept: of a passport's nine signs the usual mask would hide one."""
    if len(identity) in (15, 18):
        return mask_identity_no(identity)
    return identity[:1] + "*" * (len(identity) - 3) + identity[-2:]


def _photo(upload: UploadedFile) -> StoredFile:
    try:
        return store_photo(upload)
    except FieldRefused as refusal:
        raise ItemRefused("photo", refusal.message) from refusal


def _signature(data: bytes) -> StoredFile:
    """Keep a drawn signature: a PNG by its content, with ink on it."""
    if not data:
        raise ItemRefused("signature", "请领取人签名")
    if len(data) > MOST_SIGNATURE_BYTES:
        raise ItemRefused("signature", "签名图片过大，请重新签名")
    try:
        with Image.open(BytesIO(data), formats=["PNG"]) as picture:
            if picture.width * picture.height > 2_000_000:
                raise ItemRefused("signature", "签名不是可识别的图片，请重新签名")
            drawn = picture.convert("RGBA")
    except ItemRefused:
        raise
    except Exception as fault:  # Pillow raises whatever its decoders raise on hostile bytes
        raise ItemRefused("signature", "签名不是可识别的图片，请重新签名") from fault
    ground = Image.new("RGBA", drawn.size, "white")
    ink = ImageStat.Stat(Image.alpha_composite(ground, drawn).convert("L").point(lambda light: 255 * (light < 160)))
    if ink.mean[0] / 255 < _LEAST_INK:
        raise ItemRefused("signature", "签名是空白的，请重新签名")
    upload = InMemoryUploadedFile(BytesIO(data), "signature", "signature.png", "image/png", len(data), None)
    return keep(upload, "image/png", ".png")
