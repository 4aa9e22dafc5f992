"""An instruction to Dawa with everything that can hang on it, and a roadside check of Dawa's case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from datacenter.accounts.models import Unit, User
from datacenter.accounts.rights import Role
from datacenter.cases import workflow as cases
from datacenter.cases.models import Case
from datacenter.cases.workflow import Subject
from datacenter.geo.models import County
from datacenter.instructions import workflow as instructions
from datacenter.instructions.drafting import Draft
from datacenter.instructions.models import Instruction, InstructionFile, InstructionItem
from datacenter.registry.models import Vehicle
from datacenter.roadside import workflow as roadside
from datacenter.roadside.models import Patrol, RoadsideCheck
from tests import factories

_PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


@dataclass(frozen=True)
class Orders:
    """What Dawa was ordered, and by which words anybody would know it."""

    instruction: Instruction
    item: InstructionItem
    answer: InstructionFile
    patrol: Patrol
    check: RoadsideCheck
    secrets: frozenset[str]


def send_orders(vehicle: Vehicle, city_officer: User, county_officer: User) -> Orders:
    """An instruction that was received and worked at, sent back once; a check of a case of its own, on its way."""
    instruction, item = _instruct(vehicle, city_officer, county_officer)
    patrol, check = _send_out(vehicle, county_officer)
    answer = InstructionFile.objects.get(task__isnull=False)
    words = {
        "D4W4专项", "D4W4逐车检查", "D4W4证照", "D4W4小结", answer.sha256, "D4W4中队", check.case.number, "D4W4巡逻",
        "D4W4押运员",
    }  # fmt: skip
    return Orders(instruction, item, answer, patrol, check, frozenset(words))


def _instruct(vehicle: Vehicle, city_officer: User, county_officer: User) -> tuple[Instruction, InstructionItem]:
    draft = Draft(
        title="D4W4专项整治",
        text="D4W4逐车检查",
        kind=Instruction.Kind.CAMPAIGN,
        due_at=timezone.now() + timedelta(days=3),
        counties=[County.objects.get(pk=factories.DAWA)],
        vehicles=[vehicle],
        finding_kinds=["road.overspeed"],
    )
    instruction = instructions.issue_instruction(draft, by=city_officer)
    item = instruction.items.get()
    task = instruction.tasks.select_related("instruction").get()
    task = instructions.receive_task(task, by=county_officer)
    instructions.record_results(instruction, by=county_officer, items=[item.pk], result="checked", note="D4W4证照齐全")
    file = SimpleUploadedFile("D4W4小结.pdf", _PDF)
    task = instructions.answer_task(task, by=county_officer, answer="D4W4小结见附件", files=[file])
    instructions.return_task(task, by=city_officer, reason="D4W4证照照片不全")
    return instruction, InstructionItem.objects.get(pk=item.pk)


def _send_out(vehicle: Vehicle, county_officer: User) -> tuple[Patrol, RoadsideCheck]:
    team = factories.make_unit("D4W4中队", Unit.Kind.ENFORCEMENT_TEAM, county_id=factories.DAWA)
    officer = factories.make_user("d4w4patrol", Role.ENFORCEMENT_OFFICER, team)
    patrol = Patrol.objects.create(team=team, county_id=team.county_id, name="D4W4巡逻车")
    patrol = roadside.go_on_duty(patrol, by=officer)
    case = cases.open_case(
        origin=Case.Origin.FINDING,
        kind="road.overspeed",
        title="超速行驶",
        subject=Subject(vehicle_id=vehicle.pk, plate=vehicle.plate, company_id=vehicle.company_id),
        occurred_at=timezone.now(),
        county_id=factories.DAWA,
    )
    check = roadside.order_check(case, patrol=patrol, by=county_officer, request="D4W4押运员资格")
    return patrol, check
