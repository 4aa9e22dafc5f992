"""What stays of a person's name and numbers."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datacenter.registry import masking
from datacenter.registry.validity import validity

TODAY = date(2026, 3, 1)


def test_masks():
    assert masking.mask_name("张三") == "张*"
    assert masking.mask_name("欧阳娜娜") == "欧***"
    assert masking.mask_identity_no("211103199003070019") == "2111**********0019"
    assert masking.mask_phone("13912341234") == "139****1234"
    assert masking.mask_number("211103199003070019") == "2111**********0019"
    assert masking.mask_number("辽交运0001") == "辽交运0001"
    assert masking.mask_name("") == ""


@given(st.text("0123456789", max_size=8))
def test_a_number_too_short_to_mask_vanishes(number):
    assert masking.mask_identity_no(number) == "*" * len(number)


@pytest.mark.parametrize(
    ("until", "state", "label"),
    [
        (date(2026, 2, 28), "expired", "已过期 1 天"),
        (date(2026, 3, 1), "expiring", "剩 0 天"),
        (date(2026, 3, 31), "expiring", "剩 30 天"),
        (date(2026, 4, 1), "valid", "有效"),
    ],
)
def test_a_paper_holds_through_its_last_day(until, state, label):
    found = validity(until, TODAY)
    assert (found.state, found.label) == (state, label)
