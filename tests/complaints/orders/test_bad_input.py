"""What callers bring that is wrong: three wrong plates, a flood of emoji, the same order twice, numbers that lie."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from complaints.orders import plates, words, workflow
from complaints.orders.errors import FieldRefused
from complaints.orders.models import Order
from datacenter.accounts.models import User
from datacenter.registry.models import Company, Vehicle
from tests import factories
from tests.complaints.orders.making import draft, log


@pytest.fixture
def fleet(counties: object) -> list[Vehicle]:
    company = factories.make_company("盘锦大洼出租汽车有限公司", factories.DAWA, Company.Kind.TAXI)
    plates_ = ("辽LT1234", "辽LT1235", "辽LT2134", "辽LT9999", "辽L5678T")
    return [factories.make_vehicle(plate, company, kind=Vehicle.Kind.TAXI) for plate in plates_]


# --- plates ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("辽LT1234", ["辽LT1234"]),
        ("辽L·T1234，或者T1235、lt1236", ["辽LT1234", "辽LT1235", "辽LT1236"]),
        ("辽LTI2O4", ["辽LT1204"]),  # plates have neither I nor O
        ("吉A12345 辽LT1234 辽LT1234", ["吉A12345", "辽LT1234"]),
        ("蓝色的车，没看清", []),
        ("尾号12", []),
        (" ".join(f"辽LT10{number:02d}" for number in range(9)), [f"辽LT10{number:02d}" for number in range(5)]),
    ],
)
def test_plates_are_read_out_of_what_was_said(said: str, read: list[str]) -> None:
    assert plates.read_plates(said) == read


def test_three_wrong_plates_are_kept_and_each_has_its_nearest(hotline_operator: User, fleet: list[Vehicle]) -> None:
    said = "辽LT1243、辽LT123、辽LX0000"
    found = plates.look_up(hotline_operator, said)
    assert [one.plate for one in found] == ["辽LT1243", "辽LLT123"[:2] + "T123", "辽LX0000"]
    assert not any(one.vehicles for one in found)
    near = [[vehicle.plate for vehicle in one.nearest] for one in found]
    assert near[0][0] == "辽LT1234"  # two neighbours swapped
    assert {"辽LT1234", "辽LT1235"} <= set(near[1])  # one left out
    assert near[2] == []
    order = log(hotline_operator, plates_said=said, plate="辽LT1243")
    assert (order.plates_said, order.plate, order.vehicle_id) == (said, "辽LT1243", None)


def test_looking_up_plates_asks_the_register_twice_however_many_were_said(
    hotline_operator: User, fleet: list[Vehicle], django_assert_num_queries: object
) -> None:
    with django_assert_num_queries(2):  # type: ignore[operator]
        plates.look_up(hotline_operator, "辽LT1234 辽LT1243 辽LT1239 辽LT2135")


@pytest.mark.parametrize(
    ("one", "other", "slips"),
    [("辽LT1234", "辽LT1234", 0), ("辽LT1234", "辽LT1235", 1), ("辽LT1234", "辽LT2134", 1), ("辽LT123", "辽LT1234", 1),
     ("辽LT1234", "辽LX0000", 5)],
)  # fmt: skip
def test_the_distance_of_two_plates(one: str, other: str, slips: int) -> None:
    assert plates.distance(one, other) == plates.distance(other, one) == slips


# --- words -----------------------------------------------------------------------------------------------------------
def test_an_emoji_flood_is_refused_with_words(hotline_operator: User) -> None:
    with pytest.raises(FieldRefused, match="请用文字说明") as refusal:
        log(hotline_operator, content="😡" * 3000)
    assert refusal.value.field == "content"
    assert not Order.objects.exists()


def test_words_among_emoji_are_kept_and_the_cut_is_written_down(hotline_operator: User) -> None:
    order = log(hotline_operator, content="司机拒载" + "😡👎🏽" * 500 + "车牌辽LT1234")
    assert order.content == "司机拒载车牌辽LT1234\n（已删去 1500 个表情符号）"


def test_a_smile_is_left_where_it_is(hotline_operator: User) -> None:
    assert log(hotline_operator, content="司机态度很好😊").content == "司机态度很好😊"


@pytest.mark.parametrize("text", ["", "   ", "\x00\x01", "！！！？？？", "。", "字" * 4001])
def test_what_says_nothing_or_never_ends_is_refused(text: str) -> None:
    with pytest.raises(words.NoWords):
        words.tidy(text)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_tidied_or_refused_and_tidying_again_changes_nothing(text: str) -> None:
    try:
        kept = words.tidy(text)
    except words.NoWords:
        return
    assert "\x00" not in kept
    if "（已删去" not in kept:
        assert words.tidy(kept) == kept


def test_what_a_company_reads_names_neither_number_nor_person() -> None:
    said = "我是慕容晓，手机13900001234，座机0427-2823456，身份证211102199001011234，车辽LT1234，付了15元"
    covered = words.without_callers_marks(said, "慕容晓", "13900001234")
    for secret in ("慕容晓", "13900001234", "0427-2823456", "211102199001011234"):
        assert secret not in covered
    assert "辽LT1234，付了15元" in covered


@pytest.mark.parametrize("said", ["139-0000-1234", "139 0000 1234", "+86 139-0000-1234", "１３９００００１２３４"])
def test_a_number_is_covered_however_it_is_grouped(said: str) -> None:
    assert words.without_callers_marks(f"打我电话{said}，车费150元") == "打我电话（号码已隐去），车费150元"


def test_the_callers_own_number_is_covered_without_its_area_code_and_in_odd_groups() -> None:
    assert words.without_callers_marks("座机2823456", phone="04272823456") == "座机（号码已隐去）"
    assert words.without_callers_marks("手机139-00-001234", phone="13900001234") == "手机（号码已隐去）"
    assert words.without_callers_marks("车费150元", phone="150") == "车费150元"  # no number that anybody dials


@pytest.mark.parametrize(
    ("said", "number"),
    [("139 0000 1234", "13900001234"), ("+86-139-0000-1234", "13900001234"), ("008613900001234", "13900001234"),
     ("(0427)282-3456", "04272823456"), ("86123456", "86123456"), ("不留号码", "不留号码"), ("", "")],
)  # fmt: skip
def test_a_number_is_known_again_however_it_was_written(said: str, number: str) -> None:
    assert words.dialled(said) == number
    assert words.dialled(number) == number


def test_control_characters_stay_in_no_field(hotline_operator: User) -> None:
    order = log(
        hotline_operator, place="盘锦站\x07广场\n东口", caller_name="慕容\x0b晓", plates_said="T\x0012",
        answers={"light": "空车", "said": "去\x00交班"},
    )  # fmt: skip
    order.refresh_from_db()
    assert (order.place, order.caller_name, order.plates_said) == ("盘锦站广场 东口", "慕容晓", "T12")
    assert order.answers == {"light": "空车", "said": "去交班"}


# --- twice, and out of bounds ----------------------------------------------------------------------------------------
def test_the_same_number_of_12345_twice_is_one_order(hotline_operator: User) -> None:
    facts = {"channel": "forwarded", "external_no": "PJ12345-77"}
    first, new = workflow.log_order(draft(**facts), by=hotline_operator)
    again, new_again = workflow.log_order(draft(content="换了说法", **facts), by=hotline_operator)
    assert (first, new, new_again) == (again, True, False)
    other, new_other = workflow.log_order(draft(channel="wechat", external_no="PJ12345-77"), by=hotline_operator)
    assert new_other
    assert other != first


def test_a_moment_that_cannot_be_is_refused(hotline_operator: User) -> None:
    for moment in (timezone.now() + timedelta(days=1), timezone.now() - timedelta(days=3650)):
        with pytest.raises(FieldRefused) as refusal:
            log(hotline_operator, occurred_at=moment)
        assert refusal.value.field == "occurred_at"


def test_a_place_abroad_or_half_a_place_is_refused(hotline_operator: User) -> None:
    for place in ({"latitude_e6": 48_000_000, "longitude_e6": 2_000_000}, {"latitude_e6": 41_000_000}):
        with pytest.raises(FieldRefused) as refusal:
            log(hotline_operator, **place)
        assert refusal.value.field == "place"


def test_a_required_question_is_asked_for_by_its_name(hotline_operator: User) -> None:
    with pytest.raises(FieldRefused) as refusal:
        workflow.log_order(draft(answers={}), by=hotline_operator)
    assert refusal.value.field == "answer_light"
    with pytest.raises(FieldRefused, match="从选项中选择"):
        workflow.log_order(draft(answers={"light": "紫色"}), by=hotline_operator)
    for amount in ("很多", "²", "1" * 400, "1.2.3", "-5"):
        with pytest.raises(FieldRefused, match="应为数字"):
            workflow.log_order(draft("taxi.overcharge", answers={"paid": amount}), by=hotline_operator)
    with pytest.raises(FieldRefused, match="从选项中选择"):
        workflow.log_order(draft("taxi.overcharge", answers={"receipt": "也许"}), by=hotline_operator)


def test_what_was_paid_is_counted_in_jiao(hotline_operator: User) -> None:
    assert log(hotline_operator, "taxi.overcharge", answers={"paid": "23.5"}).paid_jiao == 235
    assert log(hotline_operator, "taxi.overcharge", answers={"paid": "２３"}).paid_jiao == 230
