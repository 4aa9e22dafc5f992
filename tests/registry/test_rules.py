"""What makes a number well-formed: the published examples, and properties that no example shows."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from datacenter.registry import rules

PLATES = ["辽L12345", "辽LT1234", "辽L1234挂", "辽LD12345", "辽LF12345", "辽L12345D"]
BAD_PLATES = ["辽LI2345", "辽LO2345", "辽L1234", "辽L123456", "辽LX12345", "LL12345", "", "辽L12345 ", "辽l12345"]
IDENTITIES = ["211103199003070019", "211102198511304220", "21112219780615331X", "11010519491231002X"]
BAD_IDENTITIES = [
    ("211103199003070010", "identity_check"),
    ("211102198511302420", "identity_check"),  # two digits swapped
    ("211104200102290019", "identity_date"),  # 29 February 2001
    ("21112219780615331x", "identity_format"),
    ("21110319900307001", "identity_format"),
    ("２１１１０３199003070019", "identity_format"),
]
CREDIT_CODES = [
    "91350100M000100Y43",
    "914403001922038216",
    "91440300708461136T",
    "91211100MA0Q1W2E0K",
    "91211103MA0ABCD1XF",
]
VINS = ["1M8GDM9AXKP042788", "LSVAA49J132047371"]


@pytest.mark.parametrize("plate", PLATES)
def test_plate_is_taken(plate):
    rules.plate(plate)


@pytest.mark.parametrize("plate", BAD_PLATES)
def test_plate_is_refused_by_name(plate):
    with pytest.raises(ValidationError, match="GA 36"):
        rules.plate(plate)


@pytest.mark.parametrize("number", IDENTITIES)
def test_identity_number_is_taken(number):
    rules.identity_no(number)


@pytest.mark.parametrize(("number", "code"), BAD_IDENTITIES)
def test_identity_number_is_refused_for_what_is_wrong(number, code):
    with pytest.raises(ValidationError) as refusal:
        rules.identity_no(number)
    assert refusal.value.code == code


@given(st.sampled_from(IDENTITIES), st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_always_seen(number, place, by):
    wrong = number[:place] + str((int(number[place]) + by) % 10) + number[place + 1 :]
    with pytest.raises(ValidationError):
        rules.identity_no(wrong)


@pytest.mark.parametrize("code", CREDIT_CODES)
def test_credit_code_is_taken(code):
    rules.credit_code(code)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("91211100MA0Q1W2E0A", "credit_check"),
        ("91211100MA0Q1W2EOK", "credit_format"),  # letter O
        ("91211100MA0Q1W2E0", "credit_format"),
    ],
)
def test_credit_code_is_refused_for_what_is_wrong(code, reason):
    with pytest.raises(ValidationError) as refusal:
        rules.credit_code(code)
    assert refusal.value.code == reason


def test_credit_code_with_a_wrong_organisation_code_inside():
    body = "91211100MA0Q1W2E1"
    with pytest.raises(ValidationError) as refusal:
        rules.credit_code(body + rules.credit_check(body))
    assert refusal.value.code == "organisation_check"


@pytest.mark.parametrize("vin", VINS)
def test_vin_is_right(vin):
    assert rules.vin_warning(vin) is None
    assert rules.vin_check(vin) == vin[8]


def test_vin_only_warns():
    assert "校验码" in rules.vin_warning("1M8GDM9A0KP042788")
    assert "不含 I、O、Q" in rules.vin_warning("IM8GDM9AXKP042788")
