"""Signing in and out: who gets in, when the door closes, and that all of it is written down."""

import pytest
from django.test import Client
from redis.exceptions import ConnectionError as RedisDown

from datacenter.accounts import lockout
from datacenter.accounts.models import AuditRecord, User
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db


def attempt(username: str, password: str, address: str = "10.0.0.1") -> object:
    return Client().post("/login/", {"username": username, "password": password}, REMOTE_ADDR=address)


def test_right_password_opens_and_wrong_one_says_how_many_tries_are_left(dawa_officer):
    wrong = attempt("dawa", "wrong")
    assert wrong.status_code == 422
    assert "还可以尝试 4 次" in wrong.content.decode()
    right = attempt("dawa", PASSWORD)
    assert (right.status_code, right["Location"]) == (302, "/")
    assert list(AuditRecord.objects.order_by("pk").values_list("action", "succeeded")) == [
        ("login", False),
        ("login", True),
    ]


def test_an_unknown_name_reads_the_same_as_a_wrong_password(dawa_officer):
    def told(username: str) -> str:
        return attempt(username, "wrong").content.decode().split('role="alert"')[1].split("</div></div>")[0]

    assert told("dawa") == told("nobody-of-that-name")


def test_five_failures_close_the_door_for_that_name_and_address_only(dawa_officer, panshan_officer):
    for _ in range(lockout.MAX_FAILURES):
        attempt("dawa", "wrong")
    locked = attempt("dawa", PASSWORD)
    assert locked.status_code == 429
    assert "15 分钟后再试" in locked.content.decode()
    assert attempt("dawa", PASSWORD, "10.0.0.2").status_code == 302
    assert attempt("panshan", PASSWORD).status_code == 302
    refused = AuditRecord.objects.filter(succeeded=False).order_by("pk").last()
    assert refused.detail == {"reason": "locked"}


def test_signing_in_forgets_earlier_failures(dawa_officer):
    for _ in range(lockout.MAX_FAILURES - 1):
        attempt("dawa", "wrong")
    assert attempt("dawa", PASSWORD).status_code == 302
    assert "还可以尝试 4 次" in attempt("dawa", "wrong").content.decode()


def test_failures_count_while_the_shared_cache_is_away(dawa_officer, monkeypatch):
    def down(*_: object, **__: object) -> None:
        raise RedisDown("away")

    for name in ("get", "add", "incr", "set", "delete"):
        monkeypatch.setattr(lockout.cache, name, down, raising=False)
    for _ in range(lockout.MAX_FAILURES):
        attempt("dawa", "wrong", "10.9.9.9")
    assert attempt("dawa", PASSWORD, "10.9.9.9").status_code == 429


def test_a_disabled_account_does_not_get_in(dawa_officer):
    User.objects.update(is_active=False)
    assert attempt("dawa", PASSWORD).status_code == 422


def test_signing_out_takes_a_post(dawa_officer):
    client = Client()
    client.force_login(dawa_officer)
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/").status_code == 302
    assert client.get("/").status_code == 302
    assert AuditRecord.objects.filter(action="logout", user=dawa_officer).exists()


def test_after_signing_in_one_goes_where_one_wanted_to_but_never_elsewhere(dawa_officer):
    form = {"username": "dawa", "password": PASSWORD}
    assert Client().post("/login/", {**form, "next": "/cases/"})["Location"] == "/cases/"
    assert Client().post("/login/", {**form, "next": "https://elsewhere.example/"})["Location"] == "/"


def test_own_password_is_changed_with_the_old_one_and_must_be_long(dawa_officer):
    client = Client()
    client.force_login(dawa_officer)
    short = {"old_password": PASSWORD, "new_password1": "short", "new_password2": "short"}
    assert "至少 10 个字符" in client.post("/password/", short).content.decode()
    new = "辽河口-湿地-2026-红海滩"
    longer = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert client.post("/password/", longer).status_code == 302
    assert client.get("/").status_code == 200
    assert attempt("dawa", new).status_code == 302
    assert AuditRecord.objects.filter(action="password.change").exists()


@pytest.mark.parametrize(
    "who",
    [
        "city_officer",
        "dawa_officer",
        "hotline_operator",
        "enforcement_officer",
        "approver",
        "safety_officer",
        "administrator",
    ],
)
def test_each_role_has_a_first_page_whose_links_all_open(who, request):
    client = Client()
    client.force_login(request.getfixturevalue(who))
    page = client.get("/")
    assert page.status_code == 200
    for section in page.context["navigation"]:
        for entry in section["entries"]:
            assert client.get(entry["href"]).status_code == 200, entry
