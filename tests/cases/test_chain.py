"""The chain over a case's events: it holds whatever is done by the verbs, and shows what is done past them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from datacenter.accounts.models import User
from datacenter.cases import workflow
from datacenter.cases.chain import broken_links, hash_of
from datacenter.cases.models import Case, CaseAttachment, CaseEvent
from tests.cases.opening import open_case
from tests.cases.pictures import jpeg, upload

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def case(dawa_officer: User, city_officer: User, settings: Any, tmp_path: Path) -> Case:
    """A closed case with a photo, beside another that nobody touches."""
    settings.MEDIA_ROOT = tmp_path
    settings.ANCHOR_DIR = tmp_path / "anchors"
    open_case()
    measures, limits = {"peak_speed_dkmh": 1234, "ratio": 0.1}, {"limit_kmh": {"hazmat": 80}}
    case = open_case(facts={"measures": measures, "limits": limits})
    workflow.accept_case(case, by=dawa_officer)
    workflow.handle_case(case, by=dawa_officer, note="已到现场", photos=[upload(jpeg())])
    workflow.feed_back_case(case, by=dawa_officer, result="已整改")
    workflow.verify_case(case, by=city_officer)
    return workflow.close_case(case, by=city_officer)


def verify(**options: Any) -> str:
    out = io.StringIO()
    call_command("verify_chain", stdout=out, **options)
    return out.getvalue()


def refused(**options: Any) -> tuple[str, str]:
    """(what was printed, the last word) of a verification that fails."""
    out = io.StringIO()
    with pytest.raises(CommandError) as refusal:
        call_command("verify_chain", stdout=out, **options)
    return out.getvalue(), str(refusal.value)


@contextmanager
def past_the_trigger(table: str) -> Iterator[Any]:
    """A cursor of the tables' owner, with the trigger that refuses changes switched off."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_append_only")
        yield cursor
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER {table}_append_only")


def test_the_chain_of_a_whole_case_holds(case: Case) -> None:
    events = list(case.events.all())
    assert [event.sequence for event in events] == list(range(1, 8))
    assert [event.previous_hash for event in events] == ["", *(event.hash for event in events[:-1])]
    assert all(event.hash == hash_of(event) for event in events)
    assert broken_links(events) == []
    assert verify() == "everything holds: 2 cases, 9 events, 1 files\n"
    assert verify(case=case.number) == "everything holds: 1 cases, 7 events, 1 files\n"


@pytest.mark.parametrize(
    "change",
    [
        "note = '未到现场'",
        "by_id = NULL",
        "by_name = '别人'",
        "at = at + interval '1 second'",
        "at = at + interval '1 microsecond'",
        "verb = 'accept'",
        "to_state = 'closed'",
        "from_state = ''",
        "facts = '{}'",
        "hash = repeat('0', 64)",
        "previous_hash = ''",
        "sequence = 99",
    ],
)
def test_a_changed_event_is_found(case: Case, change: str) -> None:
    with past_the_trigger("case_event") as cursor:
        cursor.execute(f"UPDATE case_event SET {change} WHERE case_id = %s AND sequence = 4", [case.pk])
        assert cursor.rowcount == 1
    printed, last = refused()
    assert case.number in printed
    assert last.endswith("faults in 2 cases, 9 events, 1 files")


def test_a_change_with_a_new_hash_breaks_the_next_link(case: Case) -> None:
    event = case.events.get(sequence=3)
    event.note = "改过"
    with past_the_trigger("case_event") as cursor:
        cursor.execute("UPDATE case_event SET note = '改过', hash = %s WHERE id = %s", [hash_of(event), event.pk])
    printed, _ = refused(case=case.number)
    assert printed == f"{case.number} event 4: was changed, or the event before it\n"


@pytest.mark.parametrize(("sequence", "told"), [(2, "event 3"), (7, "stands at closed, its last event at verified")])
def test_a_missing_event_is_found(case: Case, sequence: int, told: str) -> None:
    with past_the_trigger("case_event") as cursor:
        cursor.execute("DELETE FROM case_event WHERE case_id = %s AND sequence = %s", [case.pk, sequence])
    printed, _ = refused()
    assert told in printed


def test_a_case_without_events_is_found(case: Case) -> None:
    with past_the_trigger("case_attachment") as attachments, past_the_trigger("case_event") as events:
        attachments.execute("DELETE FROM case_attachment")
        events.execute("DELETE FROM case_event WHERE case_id = %s", [case.pk])
    printed, _ = refused()
    assert printed == f"{case.number} has no events\n"


def test_a_file_that_was_changed_or_lost_is_found(case: Case, settings: Any) -> None:
    path = Path(settings.MEDIA_ROOT) / CaseAttachment.objects.get().path
    path.write_bytes(path.read_bytes() + b"\0")
    assert "is changed" in refused()[0]
    path.unlink()
    assert "is missing" in refused()[0]
    assert "everything holds" in verify(skip_files=True)


def test_an_attachment_that_the_event_does_not_tell_of_is_found(case: Case) -> None:
    with past_the_trigger("case_attachment") as cursor:
        cursor.execute("UPDATE case_attachment SET sha256 = repeat('0', 64)")
    assert "its files are not those that it tells of" in refused(skip_files=True)[0]


def test_the_database_refuses_to_change_or_delete_an_event(case: Case) -> None:
    for sql in ("UPDATE case_event SET note = 'x'", "DELETE FROM case_event", "DELETE FROM case_attachment"):
        with pytest.raises(Exception, match="append-only"), connection.cursor() as cursor:
            cursor.execute(sql)
    assert CaseEvent.objects.count() == 9


def test_an_unknown_number_is_told(db: None) -> None:
    with pytest.raises(CommandError, match="there is no case 1999-1"):
        call_command("verify_chain", case="1999-1")
