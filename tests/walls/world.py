"""What the walls must keep apart: one company of Dawa with everything that can be known of it, and who else looks."""

from __future__ import annotations

import io
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import override_settings
from django.utils import timezone
from PIL import Image

from datacenter.accounts.models import User
from datacenter.cases import workflow
from datacenter.cases.anchors.making import make_anchor
from datacenter.cases.models import Case, CaseAttachment
from datacenter.cases.workflow import Subject
from datacenter.commands.models import Command, CommandBatch
from datacenter.commands.workflow import send_to_many
from datacenter.detection.backtest import proposal_of
from datacenter.detection.elsewhere.models import ElsewhereLead, ForeignPosition, ForeignVehicle
from datacenter.detection.findings import opening_of
from datacenter.detection.models import Backtest, DetectorLimit, Finding
from datacenter.emergencies.models import EmergencyCall
from datacenter.emergencies.workflow import Pressed, raise_call
from datacenter.facts.catalogue import Fact
from datacenter.facts.models import TerminalReport
from datacenter.facts.workflow import keep_report
from datacenter.gateway.models import RawFrame
from datacenter.ingest.models import QuarantinedFrame
from datacenter.media.files import keep_bytes
from datacenter.media.models import MediaFile, SafetyAlarm
from datacenter.notices import workflow as notices
from datacenter.notices.audience import county
from datacenter.notices.models import Delivery, Notice
from datacenter.notices.workflow import Owner
from datacenter.protocols.jt808.messages import TextMessage, WaybillReport
from datacenter.registry import masking
from datacenter.registry.models import (
    Certificate,
    Company,
    DriverBinding,
    Permit,
    Practitioner,
    Terminal,
    UnknownTerminal,
    Vehicle,
)
from datacenter.registry.selectors import with_terminal_in_use
from datacenter.screening import workflow as screening
from datacenter.screening.models import ReviewItem
from datacenter.statistics.folding import fold
from datacenter.tracks import chunks, store
from datacenter.tracks.models import TrackQuality
from taxi.models import RankVisit, Shift, Trip
from tests import factories
from tests.walls.assessed import Assessed, assess
from tests.walls.world_calls import Heard, hear
from tests.walls.world_hotline import Hotline, complain
from tests.walls.world_lost import Lost, lose_things
from tests.walls.world_orders import Orders, send_orders

LATITUDE_E6, LONGITUDE_E6 = 40_992_457, 122_066_243
FOREIGN_PLATE = "辽AD4W46"
PERSON, PERSON_PHONE = "阙德海", "13787654321"


@dataclass
class World:
    """Rows of Dawa; ``secrets`` are the strings by which anybody would know one of them."""

    company: Company
    vehicle: Vehicle
    practitioner: Practitioner
    terminal: Terminal
    unknown: UnknownTerminal
    frame: QuarantinedFrame
    finding: Finding
    closed: Case
    attachment: CaseAttachment  # of the closed case
    case: Case  # waits to be accepted
    county_officer: User
    neighbour: Vehicle  # of another county and company: what the others may see
    secrets: frozenset[str]
    trip: Trip
    command: Command
    batch: CommandBatch
    report: TerminalReport
    raw_frame: RawFrame
    call: EmergencyCall  # rings
    safety_alarm: SafetyAlarm
    limit: DetectorLimit  # of its company alone
    backtest: Backtest  # of another limit for it
    photo: MediaFile
    item: ReviewItem  # of a finding that has no case yet
    lead: ElsewhereLead  # about a vehicle from elsewhere on Dawa's roads
    notice: Notice  # to its county's officer
    orders: Orders  # an instruction to Dawa, and a roadside check of a case of hers
    lost: Lost  # a ride of its vehicle, and things lost in it
    assessed: Assessed  # what assessment and credit know of its company and driver
    heard: Heard  # a call, and what a passenger said
    hotline: Hotline  # a complaint about its vehicle

    @property
    def span(self) -> dict[str, str]:
        """The hours in which the vehicle drove."""
        now = timezone.now()
        return {"start": (now - timedelta(hours=5)).isoformat(), "end": now.isoformat()}


def picture() -> SimpleUploadedFile:
    """A photo."""
    content = io.BytesIO()
    Image.new("RGB", (64, 48), (10, 120, 200)).save(content, "JPEG")
    return SimpleUploadedFile("现场-D4W4.jpg", content.getvalue(), content_type="image/jpeg")


def build(company: Company, county_officer: User, city_officer: User, other_company: Company) -> World:
    """Fill Dawa with one of everything, through the owner's connection, and commit it."""
    today = timezone.localdate()
    year = {"valid_from": today - timedelta(days=300), "valid_until": today + timedelta(days=20)}
    company.phone, company.legal_representative = "04273334567", "衡守业"
    company.save()
    vehicle = factories.make_vehicle(
        "辽LD4W47", company, vin="LFWSRXSJ0M1E00001", transport_permit_no="盘交运管211104009977"
    )
    person = factories.make_practitioner(PERSON, company, phone=PERSON_PHONE)
    paper = Certificate.objects.create(practitioner=person, category="危货驾驶员", number="ZG-DAWA-77100", **year)
    permit = Permit.objects.create(company=company, category="hazmat", number="盘交运管许可D4W4号", **year)
    DriverBinding.objects.create(vehicle=vehicle, practitioner=person, since=timezone.now() - timedelta(days=9))
    terminal = factories.make_terminal(
        vehicle, "14411104777", terminal_id="TD4W477", iccid="89860000000000114777", maker="MAKERD4", model="MODELD4"
    )
    unknown = UnknownTerminal.objects.create(
        phone="14522204888", edition="2013", plate=vehicle.plate, last_seen_at=timezone.now(), remote="10.7.7.7"
    )
    frame = QuarantinedFrame.objects.create(
        at=timezone.now(), reason="checksum", phone=terminal.phone, vehicle=vehicle, raw=bytes.fromhex("d4774d4774")
    )
    _drive(vehicle)
    case = workflow.open_case(
        origin=Case.Origin.FINDING,
        kind="road.overspeed",
        title="超速行驶",
        subject=Subject(
            vehicle_id=vehicle.pk,
            plate=vehicle.plate,
            plate_colour=vehicle.plate_colour,
            industry=vehicle.kind,
            company_id=company.pk,
            company_name=company.name,
            driver_name=person.name,
        ),
        occurred_at=timezone.now() - timedelta(hours=2),
        latitude_e6=LATITUDE_E6,
        longitude_e6=LONGITUDE_E6,
        county_id=factories.DAWA,
        county_rule="按发生地",
    )
    finding = Finding.objects.create(
        detector="road.overspeed",
        title="超速行驶",
        vehicle=vehicle,
        company_id=company.pk,
        county_id=factories.DAWA,
        state=Finding.State.ENDED,
        started_at=case.occurred_at,
        ended_at=case.occurred_at + timedelta(minutes=5),
        latitude_e6=LATITUDE_E6,
        longitude_e6=LONGITUDE_E6,
        measures={"peak_speed_dkmh": 1234, "lasting_s": 300},
        source="试验",
        evidence={"track": [[int(case.occurred_at.timestamp()), 122.066243, 40.992457, 123.4]]},
        case=case,
    )
    workflow.accept_case(case, by=county_officer)
    case = workflow.handle_case(case, by=county_officer, note="在D4W4路口拦下教育", photos=[picture()])
    workflow.feed_back_case(case, by=county_officer, result="D4W4已整改", outcome="substantiated")
    workflow.verify_case(case, by=city_officer)
    case = workflow.close_case(case, by=city_officer)
    # A second case waits to be accepted: verbs are tried on it.
    waiting = workflow.open_case(
        origin=Case.Origin.FINDING,
        kind="road.overspeed",
        title="超速行驶",
        subject=Subject(vehicle_id=vehicle.pk, plate=vehicle.plate, company_id=company.pk, company_name=company.name),
        occurred_at=timezone.now(),
        county_id=factories.DAWA,
    )
    while fold():
        pass
    with tempfile.TemporaryDirectory() as directory, override_settings(ANCHOR_DIR=directory):
        make_anchor()  # its note in the database is what the walls are about
    attachment = CaseAttachment.objects.get(event__case=case)
    neighbour = factories.make_vehicle("辽LP4N58", other_company, county_id=factories.PANSHAN)
    trip = _operate(vehicle, paper)
    command = _order(vehicle, county_officer)
    alarm, photo = _shoot(vehicle)
    limit = _limit(company, city_officer)
    limit.save()
    orders = send_orders(vehicle, city_officer, county_officer)
    assessed = assess(company, person, city_officer, county_officer)
    lost = lose_things(vehicle, trip, (LATITUDE_E6, LONGITUDE_E6), city_officer)
    heard = hear(vehicle, person, city_officer)
    hotline = complain(vehicle, county_officer, picture())
    secrets = {
        *assessed.secrets, *heard.secrets, *hotline.secrets,
        vehicle.plate, vehicle.vin, vehicle.transport_permit_no,
        company.name, company.credit_code, company.phone, company.legal_representative,
        person.name, masking.mask_name(person.name), person.phone, masking.mask_phone(person.phone),
        person.identity_no, masking.mask_identity_no(person.identity_no), paper.number,
        permit.number, terminal.phone, terminal.terminal_id, terminal.iccid, terminal.maker,
        unknown.phone, frame.raw.hex(), frame.raw.hex(" "),
        str(LATITUDE_E6), str(LONGITUDE_E6), "40.992457", "122.066243",
        case.number, waiting.number, attachment.name, attachment.sha256, "D4W4路口", "D4W4已整改",
        "D4W4公告", "D4W4催办", "D4W4请靠边", "D4W4运单", "D4W4疑似超速", FOREIGN_PLATE,
        *orders.secrets, *lost.secrets, alarm.alarm_no, alarm.tag, photo.sha256, photo.reason,
        *(f"/{kind}/{row.pk}/" for kind, row in
          (("vehicles", vehicle), ("companies", company), ("practitioners", person), ("trips", trip))),
    }  # fmt: skip
    return World(
        company, vehicle, person, terminal, unknown, frame, finding, case, attachment, waiting, county_officer,
        neighbour, frozenset(secrets), trip=trip, command=command, batch=command.batch, report=_report(vehicle),
        raw_frame=_record(vehicle), safety_alarm=alarm, photo=photo,
        call=_press(vehicle), limit=limit, backtest=_try(company, city_officer), item=_suspect(vehicle, city_officer),
        lead=_lead(), notice=_tell(waiting, county_officer), orders=orders, assessed=assessed, lost=lost,
        heard=heard, hotline=hotline,
    )  # fmt: skip


def _tell(case: Case, officer: User) -> Notice:
    """The county's officer is told of a case, another waits to be gathered, and what the officer wants is kept."""
    about, link = Owner(county_id=case.county_id), f"/cases/{case.number}/"
    facts = {"topic": "case.urged", "title": f"催办 {case.number}", "body": f"{case.plate} D4W4催办", "link": link}
    notices.tell(recipients=[officer], key=f"case:{case.pk}:1", about=about, **facts)
    notices.tell_gathered(
        [county(factories.DAWA, "case.accept")],
        topic="case.dispatched",
        title=case.number,
        link=link,
        key="d4w4",
        about=about,
    )
    notices.set_wishes(by=officer, wanted={"case.urged": {"email": True}}, quiet=(time(22), time(7)))
    notice = Notice.objects.get(recipient=officer, topic="case.urged")
    Delivery.objects.create(notice=notice, channel="email", next_at=timezone.now())
    return notice


def _limit(company: Company, by: User) -> DetectorLimit:
    """Limits of its own, not saved."""
    return DetectorLimit(
        detector="road.overspeed", company=company, overrides={"limit_kmh": {"hazmat": 70}}, source="D4W4公告",
        note="试", valid_from=timezone.now(), created_by=by,
    )  # fmt: skip


def _try(company: Company, by: User) -> Backtest:
    """What other limits for it would find, with one of them."""
    now = timezone.now()
    vehicle = Vehicle.objects.get(company=company)
    sample = {"draw": 1, "vehicle": vehicle.pk, "started": int(now.timestamp()) - 900, "ended": int(now.timestamp())}
    return Backtest.objects.create(
        detector="road.overspeed", proposal=proposal_of(_limit(company, by)), since=now - timedelta(days=7), until=now,
        scope_level="city", state=Backtest.State.DONE, created_by=by,
        counts={f"{now:%Y-%m-%d}": {factories.DAWA: {"old": 0, "new": 1}}},
        samples={"appear": [sample | {"measures": {"peak_speed_dkmh": 1234}}], "vanish": []},
    )  # fmt: skip


def _suspect(vehicle: Vehicle, by: User) -> ReviewItem:
    """A finding of its that waits for the desk, skipped by the city before."""
    at = timezone.now() - timedelta(minutes=30)
    finding = Finding.objects.create(
        detector="road.overspeed", title="D4W4疑似超速", vehicle=vehicle, company_id=vehicle.company_id,
        county_id=factories.DAWA, state=Finding.State.ENDED, started_at=at, ended_at=at, source="试验",
    )  # fmt: skip
    item = screening.enqueue(finding, opening_of(vehicle, at, "按发生地"))
    screening.take(item.pk, by=by)
    return screening.skip(item.pk, by=by)


def _lead() -> ElsewhereLead:
    """A vehicle from elsewhere that seems to work in the county."""
    now = timezone.now()
    foreign = ForeignVehicle.objects.create(plate=FOREIGN_PLATE, plate_colour=1, first_heard_at=now, heard_at=now)
    ForeignPosition.objects.create(
        foreign_vehicle=foreign, device_time=now, received_at=now, latitude_e6=LATITUDE_E6, longitude_e6=LONGITUDE_E6,
        speed_dkmh=0, source="省平台",
    )  # fmt: skip
    at = int(now.timestamp())
    return ElsewhereLead.objects.create(
        foreign_vehicle=foreign, plate=FOREIGN_PLATE, plate_colour=1, county_id=factories.DAWA, found_at=now,
        changed_at=now, first_day=timezone.localdate(), last_day=timezone.localdate(),
        latitude_e6=LATITUDE_E6, longitude_e6=LONGITUDE_E6, measures={"days": 3, "rides": 60}, source="试验",
        evidence={"days": {}, "reads": [], "track": [],
                  "rides": [[at - 600, 122.066243, 40.992457, at, 122.066243, 40.992457, False]]},
    )  # fmt: skip


def _press(vehicle: Vehicle) -> EmergencyCall:
    """Its driver has pressed the emergency button."""
    now = timezone.now()
    return EmergencyCall.objects.get(pk=raise_call(Pressed(vehicle.pk, now, now, LATITUDE_E6, LONGITUDE_E6)))


def _shoot(vehicle: Vehicle) -> tuple[SafetyAlarm, MediaFile]:
    """An alarm of its camera, and the photo that came of it."""
    whose = {"vehicle": vehicle, "county_id": vehicle.county_id, "company_id": vehicle.company_id}
    where = {"latitude_e6": LATITUDE_E6, "longitude_e6": LONGITUDE_E6, "received_at": timezone.now()}
    alarm = SafetyAlarm.objects.create(
        alarm_no="261125D4W47D4W47D4W47D4W47D4", phone="14411104777", practice="jiangsu", tag="d4774d4774d47700",
        item=0x65, event=3, vendor="T/JSATL 12-2017", title="D4W4抽烟", level=2, flag_state=1, counter=7, speed_kmh=60,
        vehicle_status=1, device_time=timezone.now(), attachments_expected=1, attachments_received=1, state="complete",
        **whose, **where,
    )  # fmt: skip
    kept = keep_bytes(picture().read())
    photo = MediaFile.objects.create(
        kind="image", source="attachment", reason="D4W4抽烟", sha256=kept.sha256, size_bytes=kept.size_bytes,
        content_type=kept.what.content_type, path=kept.path, alarm=alarm, **whose, **where,
    )  # fmt: skip
    return alarm, photo


def _order(vehicle: Vehicle, by: User) -> Command:
    """An order of the county's to its vehicles, as a batch of one."""
    order = TextMessage(0b1100, None, "D4W4请靠边")
    send = {"by": by, "kind": "text", "summary": "文本下发：D4W4请靠边", "selection": vehicle.plate}
    fleet = list(with_terminal_in_use(Vehicle.objects.filter(pk=vehicle.pk)))
    return Command.objects.select_related("batch").get(batch=send_to_many(fleet, lambda *_: order, **send))


def _report(vehicle: Vehicle) -> TerminalReport:
    """A waybill that its terminal reported."""
    message = WaybillReport("D4W4运单".encode("gb18030"))
    keep_report(
        Fact("jt808", "2013", 0x0701, 7, "14411104777", vehicle.pk, timezone.now(), message.encode("2013"), message)
    )
    report = TerminalReport.objects.get(vehicle=vehicle)
    report.title = "电子运单上报 D4W4运单"
    report.save()
    return report


def _record(vehicle: Vehicle) -> RawFrame:
    """A frame in the raw log."""
    facts = {"direction": "up", "protocol": "jt808", "message_id": 2, "serial": 7, "raw": bytes.fromhex("7ed477477e")}
    return RawFrame.objects.create(vehicle=vehicle, at=timezone.now(), **facts)


def _operate(vehicle: Vehicle, paper: Certificate) -> Trip:
    """A shift that runs, and a trip of it."""
    now = timezone.now()
    whose = {
        "vehicle": vehicle,
        "county_id": vehicle.county_id,
        "company_id": vehicle.company_id,
        "practitioner_id": paper.practitioner_id,
        "certificate_no": paper.number,
        "received_at": now,
    }
    begun = now - timedelta(hours=2)
    owned = {name: whose[name] for name in ("vehicle", "county_id", "company_id")}
    rank = factories.make_area((40.992457, 122.066243), 0.0004, kind="rank", name="客运站候客点")
    RankVisit.objects.create(**owned, area=rank, arrived_at=begun, left_at=now, came=1, went=2, stood_s=60)
    Shift.objects.create(**whose, begins_at=begun, signed_in_at=begun, sign_in_hash=4774)
    return Trip.objects.create(
        **whose,
        boarded_at=now - timedelta(minutes=50),
        alighted_at=now - timedelta(minutes=35),
        board_latitude_e6=LATITUDE_E6,
        board_longitude_e6=LONGITUDE_E6,
        trip_id=4774,
        evaluation_id=0,
        rating=Trip.Rating.COMPLAINT,
        rating_ext=0,
        call_order_id=0,
        distance_dkm=53,
        waited_s=0,
        fare_jiao=4774,
        body=b"",
    )


def _drive(vehicle: Vehicle) -> None:
    """Half an hour of positions, the last a minute ago."""
    start = int(datetime.now(UTC).timestamp()) - 1860
    rows = [{"at": i * 60, "latitude_e6": LATITUDE_E6, "longitude_e6": LONGITUDE_E6} for i in range(31)]
    positions = factories.make_positions(vehicle.pk, rows, start)
    TrackQuality.objects.create(
        vehicle=vehicle, day=timezone.localdate(), reports=31, qualified=31, drift=0, online_s=1800, distance_mm=4774,
        complete_mm=4774, first_at=timezone.now(), last_at=timezone.now(),
    )  # fmt: skip
    store.make_partitions(sorted({store.day_of(int(at)) for at in positions.device_time.tolist()}))
    with transaction.atomic(), connection.cursor() as cursor:
        chunks.keep(cursor, 0, positions.take(store.append_once(cursor, positions, [b""] * len(positions))))
