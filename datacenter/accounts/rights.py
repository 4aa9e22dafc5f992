"""Which role may do what (权限表). One table to read; nothing else in the house asks for a role by name."""

from django.db.models import TextChoices


class Role(TextChoices):
    """Who a user is at work (角色), DESIGN §1."""

    CITY_REGULATOR = "city_regulator", "市级监管员"
    COUNTY_OFFICER = "county_officer", "县区监管员"
    HOTLINE_OPERATOR = "hotline_operator", "12328 话务员"
    ENFORCEMENT_OFFICER = "enforcement_officer", "执法人员"
    APPROVER = "approver", "审批领导"
    BUS_DISPATCHER = "bus_dispatcher", "公交调度员"
    SAFETY_OFFICER = "safety_officer", "企业安全员"
    ADMINISTRATOR = "administrator", "系统管理员"


_EVERYBODY = {"notice.view"}
_WATCH = {"map.view", "track.view", "vehicle.view"}

RIGHTS: dict[Role, frozenset[str]] = {
    Role.CITY_REGULATOR: frozenset(
        _EVERYBODY
        | _WATCH
        | {
            "company.view",
            "practitioner.view",
            "personal_data.unmask",
            "registry.import",
            "registry.export",
            "finding.view",
            "case.view",
            "case.looks",
            "statistics.view",
            "case.dispatch",
            "case.verify",
            "case.return",
            "case.close",
            "case.reopen",
            "case.extend",
            "case.supervise",
            "supervision.lead",
            "territory.change",
            "quarantine.view",
            "protocol.view",
            "raw_log.use",
            "terminal.adopt",
            "detector.change",
            "trip.view",
            "trip.export",
            "emergency.view",
            "emergency.handle",
            "emergency.order",
            "command.view",
            "command.send",
            "command.configure",
            "media.view",
            "screening.review",
            "screening.decide",
            "screening.report",
            "instruction.view",
            "instruction.issue",
            "roadside.order",
            "assessment.view",
            "assessment.change",
            "assessment.publish",
            "credit.view",
            "credit.change",
            "lost.search",
            "lost.register",
            "call.view",
            "call.listen",
            "knowledge.view",
            "knowledge.change",
            "rating.view",
            "rating.change",
            "complaint.view",
            "complaint.evidence",
            "complaint.check",
        }
    ),
    Role.COUNTY_OFFICER: frozenset(
        _EVERYBODY
        | _WATCH
        | {
            "company.view",
            "practitioner.view",
            "registry.export",
            "finding.view",
            "case.view",
            "case.names",
            "statistics.view",
            "case.accept",
            "case.handle",
            "case.feed_back",
            "trip.view",
            "trip.export",
            "emergency.view",
            "emergency.handle",
            "emergency.order",
            "command.view",
            "command.send",
            "media.view",
            "screening.review",
            "screening.report",
            "instruction.view",
            "instruction.answer",
            "roadside.order",
            "assessment.view",
            "credit.view",
            "knowledge.view",
            "rating.view",
            "complaint.view",
            "complaint.evidence",
        }
    ),
    Role.HOTLINE_OPERATOR: frozenset(
        _EVERYBODY
        | {"vehicle.view", "case.view", "trip.view", "emergency.view", "emergency.handle"}
        | {"lost.search", "lost.register"}
        | {"call.view", "call.answer", "call.listen", "knowledge.view", "knowledge.change"}
        # The hotline leads the cases of complaints (``cases.states.LEADS``) and calls back.
        | {"complaint.view", "complaint.accept", "complaint.lead", "complaint.call_back"}
        | {"complaint.evidence"}
    ),
    Role.ENFORCEMENT_OFFICER: frozenset(
        _EVERYBODY
        | _WATCH
        | {"company.view", "practitioner.view", "case.view", "trip.view", "emergency.view", "media.view"}
        | {"case.accept", "case.handle", "case.feed_back", "roadside.answer"}
    ),
    Role.APPROVER: frozenset(
        _EVERYBODY
        | {"supervision.lead", "case.view", "statistics.view", "finding.view", "vehicle.view", "company.view"}
        | {
            "screening.report",
            "instruction.view",
            "assessment.view",
            "assessment.publish",
            "credit.view",
            "complaint.view",
            "complaint.check",
        }
    ),
    Role.BUS_DISPATCHER: frozenset(
        _EVERYBODY | _WATCH | {"command.view", "command.send", "emergency.view", "assessment.view", "credit.view"}
    ),
    Role.SAFETY_OFFICER: frozenset(
        _EVERYBODY
        | _WATCH
        | {
            "company.view",
            "practitioner.view",
            "finding.view",
            "case.view",
            "emergency.view",
            "command.view",
            "command.send",
            "media.view",
            "trip.view",
            "trip.export",
            "assessment.view",
            "credit.view",
            "rating.view",
            "complaint.answer",
        }
    ),
    # The administrator confirms the sources of rules; what rules say is the regulators' business.
    Role.ADMINISTRATOR: frozenset(
        _EVERYBODY
        | {"account.change", "audit.view", "quarantine.view", "protocol.view", "raw_log.use", "detector.change"}
        | {"assessment.view", "assessment.verify", "credit.view"}
    ),
}


def roles_with(right: str) -> list[Role]:
    """The roles that carry ``right``."""
    return [role for role, rights in RIGHTS.items() if right in rights]
