"""Anchors outside the database: what the chain can't tell by itself, they tell, with case, event and day."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction

from datacenter.accounts.models import User
from datacenter.cases import workflow
from datacenter.cases.anchors import files, heads, making
from datacenter.cases.anchors.making import AnchorRefused, make_anchor
from datacenter.cases.anchors.models import ChainAnchor
from datacenter.cases.anchors.tasks import anchor_chains
from datacenter.cases.chain import hash_of
from datacenter.cases.models import Case, CaseEvent
from tests.cases.opening import open_case
from tests.cases.test_chain import refused, verify

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _anchors(settings: Any, tmp_path: Path) -> None:
    settings.ANCHOR_DIR = tmp_path / "anchors"
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def case(dawa_officer: User) -> Case:
    """A case with four events, beside two that nobody touches."""
    open_case()
    case = open_case()
    workflow.accept_case(case, by=dawa_officer)
    workflow.handle_case(case, by=dawa_officer, note="已到现场")
    open_case()
    return Case.objects.get(pk=case.pk)


@contextmanager
def past_all_triggers() -> Iterator[Any]:
    """A cursor that no trigger of ours hinders: somebody with the whole database in his hands."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE case_event DISABLE TRIGGER USER")
        yield cursor
        cursor.execute("ALTER TABLE case_event ENABLE TRIGGER USER; SET CONSTRAINTS ALL DEFERRED")


def erase(cursor: Any, case: Case) -> None:
    """A case with all that hangs on it."""
    for table in ("case_event", "case_dispatch"):
        cursor.execute(f"DELETE FROM {table} WHERE case_id = %s", [case.pk])
    cursor.execute("DELETE FROM case_file WHERE id = %s", [case.pk])


def names() -> list[str]:
    return sorted(path.name for path in files.directory().iterdir())


def test_an_anchor_says_what_there_is_and_verification_reads_it(case: Case) -> None:
    anchor = make_anchor()
    assert (anchor.cases, anchor.events, anchor.changed, anchor.previous) == (3, 8, 3, "")
    lines = [json.loads(line) for line in anchor.path.read_text().splitlines()]
    assert [line[1:3] for line in lines[1:-1]] == [
        [row.number, row.events.count()] for row in Case.objects.order_by("pk")
    ]
    assert verify() == f"everything holds: 3 cases, 8 events, 0 files, 1 anchors up to {anchor.day}\n"
    assert verify(case=case.number).startswith("everything holds: 1 cases, 4 events")
    assert ChainAnchor.objects.get().sha256 == anchor.sha256


def test_the_next_anchor_holds_what_changed_and_names_the_one_before(case: Case, dawa_officer: User) -> None:
    first = make_anchor()
    workflow.feed_back_case(case, by=dawa_officer, result="已整改")
    open_case()
    second = make_anchor()
    assert (second.previous, second.cases, second.events, second.changed) == (first.sha256, 4, 11, 2)
    third = make_anchor()
    assert (third.changed, third.root, third.previous) == (0, second.root, second.sha256)
    assert [name for name in names() if name.startswith("heads")] == ["heads-000003.bin"]
    assert "3 anchors" in verify()


def test_the_root_is_that_of_the_heads_whatever_the_way_there(case: Case, dawa_officer: User) -> None:
    for _ in range(5):
        open_case()
        make_anchor()
    workflow.feed_back_case(case, by=dawa_officer, result="已整改")
    last = make_anchor()
    heads.path_of(last.serial).unlink()
    tree = heads.rebuilt(making.standing())
    assert (tree.root(), tree.leaves, tree.events) == (last.root, 8, 19)
    now = CaseEvent.objects.order_by("case_id", "-sequence").distinct("case_id")
    rows = now.values_list("case_id", "case__number", "sequence", "hash")
    assert heads.root_of(heads.packed(files.Head(*row) for row in rows)).root() == last.root


@pytest.mark.parametrize("pieces", [1, 2, 3, 7, 1000])
def test_heads_merge_the_same_in_pieces_of_any_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pieces: int
) -> None:
    monkeypatch.setattr(heads, "_PIECE", pieces)
    old = {number: files.Head(number, f"案{number}", 1, f"{number:064x}") for number in range(1, 40, 3)}
    new = {number: files.Head(number, f"案{number}", 2, f"{number + 7:064x}") for number in range(2, 60, 4)}
    heads.merged(heads.packed([]), map(heads.packed, heads.in_batches(old.values())), tmp_path / "old")
    tree = heads.merged(
        heads.open_heads(tmp_path / "old"), map(heads.packed, heads.in_batches(new.values())), tmp_path / "new"
    )
    wanted = dict(sorted((old | new).items()))
    assert [heads.unpacked(record) for record in heads.open_heads(tmp_path / "new")] == list(wanted.values())
    assert tree.root() == heads.root_of(heads.packed(wanted.values())).root()


def test_a_tail_cut_off_with_the_state_put_back_is_found(case: Case) -> None:
    anchor = make_anchor()
    with past_all_triggers() as cursor:
        cursor.execute("DELETE FROM case_event WHERE case_id = %s AND sequence > 2", [case.pk])
        cursor.execute("UPDATE case_file SET state = 'dispatched', assignee_id = NULL WHERE id = %s", [case.pk])
    printed, last = refused()
    assert printed == (
        f"{case.number} event 3: events 3 to 4 are missing, anchored on {anchor.day} in {anchor.path.name}\n"
    )
    assert last.startswith("1 faults in 3 cases, 6 events")


def test_a_tail_cut_off_and_grown_again_is_found(case: Case, dawa_officer: User) -> None:
    make_anchor()
    with past_all_triggers() as cursor:
        cursor.execute("DELETE FROM case_event WHERE case_id = %s AND sequence > 3", [case.pk])
        cursor.execute("UPDATE case_file SET state = 'accepted' WHERE id = %s", [case.pk])
        cursor.execute("UPDATE case_dispatch SET state = 'accepted' WHERE case_id = %s", [case.pk])
    workflow.handle_case(case, by=dawa_officer, note="另一种说法")
    workflow.handle_case(case, by=dawa_officer, note="再次")
    assert "event 4: has another hash" in refused()[0]
    with pytest.raises(CommandError, match=case.number):
        call_command("anchor_chains", stdout=io.StringIO())
    printed, _ = refused()  # the newest anchor keeps the old head: it can't be washed away
    assert f"{case.number} event 4: has another hash than was anchored" in printed


def test_a_history_written_anew_is_found(case: Case) -> None:
    anchor = make_anchor()
    previous = ""
    with past_all_triggers() as cursor:
        for event in case.events.order_by("sequence"):
            event.note, event.previous_hash = "改过", previous
            previous = hash_of(event)
            cursor.execute(
                "UPDATE case_event SET note = '改过', previous_hash = %s, hash = %s WHERE id = %s",
                [event.previous_hash, previous, event.pk],
            )
    assert refused()[0] == (
        f"{case.number} event 4: has another hash than was anchored on {anchor.day} in {anchor.path.name};"
        " the history was written anew from the first on\n"
    )


def test_a_case_that_is_gone_is_found(case: Case) -> None:
    anchor = make_anchor()
    with past_all_triggers() as cursor:
        erase(cursor, case)
    told = f"{case.number} is gone: it had 4 events, first anchored on {anchor.day} in {anchor.path.name}\n"
    assert refused()[0] == told
    assert refused(case=case.number)[0] == told


def test_the_last_case_gone_is_found_too(case: Case) -> None:
    make_anchor()
    last = Case.objects.latest("pk")
    with past_all_triggers() as cursor:
        erase(cursor, last)
    assert f"{last.number} is gone" in refused()[0]


def test_a_case_under_another_number_is_found(case: Case) -> None:
    make_anchor()
    with past_all_triggers() as cursor:
        cursor.execute("UPDATE case_file SET number = '2020-000001' WHERE id = %s", [case.pk])
    assert f"was anchored under the number {case.number}" in refused()[0]


CHANGES = {
    "note": "note = overlay(note placing '!' from 1 for 1)",
    "by": "by_id = NULL",
    "by_name": "by_name = overlay(by_name placing '!' from 1 for 1)",
    "at": "at = at + interval '1 microsecond'",
    "verb": "verb = overlay(verb placing 'x' from 1 for 1)",
    "to_state": "to_state = overlay(to_state placing 'x' from 1 for 1)",
    "from_state": "from_state = overlay(from_state placing 'x' from 1 for 1)",
    "facts": "facts = facts || '{\"x\": 1}'",
    "hash": "hash = overlay(hash placing '!' from 1 for 1)",
    "previous_hash": "previous_hash = overlay(previous_hash placing '!' from 1 for 1)",
    "sequence": "sequence = 9",
    "case": "case_id = (SELECT min(id) FROM case_file), sequence = 9",
}


@pytest.mark.parametrize("field", CHANGES)
def test_one_changed_byte_is_found_with_case_event_and_day(case: Case, field: str) -> None:
    anchor = make_anchor()
    with past_all_triggers() as cursor:
        cursor.execute(f"UPDATE case_event SET {CHANGES[field]} WHERE case_id = %s AND sequence = 3", [case.pk])
        assert cursor.rowcount == 1
    printed, _ = refused()
    line = next(line for line in printed.splitlines() if line.startswith(case.number))
    assert f"anchored on {anchor.day} in {anchor.path.name}" in line
    assert "event 3" in line or "event 4" in line or "event 9" in line


@pytest.mark.parametrize("which", [0, 1, 2])
@pytest.mark.parametrize("change", ["head", "line", "root", "cut"])
def test_a_tampered_anchor_is_named(case: Case, dawa_officer: User, which: int, change: str) -> None:
    made = [make_anchor()]
    for _ in range(2):
        open_case()
        made.append(make_anchor())
    path = made[which].path
    content = path.read_bytes()
    lines = content.splitlines(keepends=True)
    changed = {
        "head": content.replace(b'"serial": ', b'"serial":  ', 1),
        "line": b"".join([lines[0], lines[1].replace(b", 2, ", b", 1, ").replace(b", 4, ", b", 3, "), *lines[2:]]),
        "root": content.replace(made[which].root.encode(), b"0" * 64),
        "cut": content[:-40],
    }[change]
    assert changed != content
    path.chmod(0o644)
    path.write_bytes(changed)
    printed, _ = refused()
    assert path.name in printed
    if change == "cut":
        with pytest.raises(AnchorRefused, match=path.name):
            make_anchor()


def test_a_missing_anchor_is_named_and_so_are_all(case: Case) -> None:
    made = [make_anchor(), make_anchor()]
    made[1].path.unlink()
    assert refused()[0] == f"{made[1].path.name} is missing; the database has a note of it\n"
    made[0].path.unlink()
    assert all(anchor.path.name in refused()[0] for anchor in made)


def test_a_run_broken_off_in_the_middle_of_a_line_is_mended_by_the_next(case: Case, dawa_officer: User) -> None:
    first = make_anchor()
    half = first.path.read_bytes()[: -len(first.path.read_bytes()) // 3]
    (files.directory() / "000002-2026-01-01.part").write_bytes(half)
    (files.directory() / "heads-000002.new").write_bytes(b"\0" * 30)
    assert "everything holds" in verify()
    second = make_anchor()
    assert second.previous == first.sha256
    assert names() == sorted([first.path.name, second.path.name, "heads-000002.bin"])
    # The same under the name of a whole one, as a file system may leave it; nobody has noted it yet.
    (files.directory() / "000003-2026-01-02.jsonl").write_bytes(half)
    third = make_anchor()
    assert (third.serial, third.previous) == (3, second.sha256)
    assert "000003-2026-01-02.broken" in names()
    assert "3 anchors" in verify()


def test_a_crash_after_the_file_and_before_the_note_loses_nothing(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(anchor: files.Anchor) -> None:
        raise RuntimeError("the power went")

    with monkeypatch.context() as patched:
        patched.setattr(making, "_note", crash)
        with pytest.raises(RuntimeError):
            make_anchor()
    assert not ChainAnchor.objects.exists()
    second = make_anchor()
    assert (second.serial, second.changed, second.cases) == (2, 0, 3)
    assert list(ChainAnchor.objects.values_list("serial", flat=True)) == [1, 2]
    assert "2 anchors" in verify()


def test_a_lost_or_wrong_heads_file_is_made_again(case: Case) -> None:
    first = make_anchor()
    path = heads.path_of(first.serial)
    path.write_bytes(path.read_bytes().replace(case.number.encode(), b"2020-000001"))
    assert "everything holds" in verify()
    assert make_anchor().root == first.root
    heads.path_of(2).unlink()
    assert make_anchor().root == first.root


@pytest.mark.django_db(transaction=True)
def test_an_event_that_commits_late_is_in_the_next_anchor_or_waited_for(
    case: Case, dawa_officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    under_way, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        try:
            with transaction.atomic():
                workflow.feed_back_case(case, by=dawa_officer, result="慢")
                under_way.set()
                go_on.wait(20)
        finally:
            connections.close_all()

    thread = threading.Thread(target=slow)
    thread.start()
    assert under_way.wait(20)
    open_case()  # gets a later number, and commits first
    monkeypatch.setattr(making, "LONGEST_WAIT_S", 0.2)
    with pytest.raises(AnchorRefused, match="1 个事务"):
        make_anchor()
    monkeypatch.setattr(making, "LONGEST_WAIT_S", 20)
    monkeypatch.setattr(making.time, "sleep", lambda seconds: go_on.set())
    anchor = make_anchor()
    thread.join()
    assert (anchor.cases, anchor.events) == (4, 11)
    assert "everything holds" in verify()


def test_the_task_anchors_once_a_day_and_tells_who_wants_to_know(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[files.Anchor] = []
    monkeypatch.setattr(making, "AFTER_ANCHOR", [told.append])
    anchor_chains()
    anchor_chains()
    assert [anchor.serial for anchor in told] == [1]
    out = io.StringIO()
    call_command("anchor_chains", once_a_day=True, stdout=out)
    assert out.getvalue() == "today is anchored\n"


def test_a_hook_that_fails_does_not_undo_the_anchor(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(anchor: files.Anchor) -> None:
        raise OSError("no mail today")

    monkeypatch.setattr(making, "AFTER_ANCHOR", [fail])
    assert make_anchor().path.exists()


def test_an_empty_house_is_anchored_too(db: None) -> None:
    assert make_anchor().cases == 0
    assert "everything holds: 0 cases" in verify()
