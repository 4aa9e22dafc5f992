"""What makes a plate, an identity number, a credit code, a VIN well-formed (号码规则).

Each rule raises ``ValidationError`` that names the value and what is wrong with it. Sources stand at each rule.
"""

import re
from datetime import date
from ipaddress import ip_network

from django.core.exceptions import ValidationError

_PROVINCES = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新"
_PLATES = re.compile(
    rf"[{_PROVINCES}][A-HJ-NP-Z](?:"
    r"[A-HJ-NP-Z0-9]{4}[A-HJ-NP-Z0-9挂学警港澳]"  # seven characters
    r"|[A-HJK][A-HJ-NP-Z0-9][0-9]{4}"  # small new-energy vehicle
    r"|[0-9]{5}[A-HJK]"  # large new-energy vehicle
    r")"
)
_IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_IDENTITY_CHECKS = "10X98765432"
_CREDIT_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_VIN_VALUES = {
    **{str(n): n for n in range(10)},
    **dict(
        zip(
            "ABCDEFGHJKLMNPRSTUVWXYZ",
            (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9),
            strict=True,
        )
    ),
}


def plate(value: str) -> None:
    """A number plate (机动车号牌), GA 36: seven characters, or eight for new-energy vehicles; never I or O."""
    if not _PLATES.fullmatch(value):
        raise ValidationError("车牌号 %(value)s 不符合 GA 36 的编排规则", code="plate", params={"value": value})


def identity_no(value: str) -> None:
    """A resident identity number (公民身份号码), GB 11643-1999: 18 characters, a real date, its check character.

    The place in the first six digits is not checked: districts change, numbers stay.
    """
    if not re.fullmatch(r"[0-9]{17}[0-9X]", value):
        raise ValidationError("身份证号应为 18 位，末位为数字或大写 X（GB 11643）", code="identity_format")
    try:
        date(int(value[6:10]), int(value[10:12]), int(value[12:14]))
    except ValueError:
        raise ValidationError("身份证号第 7–14 位不是有效日期（GB 11643）", code="identity_date") from None
    if value[17] != identity_check(value[:17]):
        raise ValidationError("身份证号校验码不符（GB 11643）", code="identity_check")


def identity_check(first_17: str) -> str:
    """The check character that closes an identity number."""
    total = sum(int(digit) * weight for digit, weight in zip(first_17, _IDENTITY_WEIGHTS, strict=True))
    return _IDENTITY_CHECKS[total % 11]


def credit_code(value: str) -> None:
    """A unified social credit code (统一社会信用代码), GB 32100-2015, with the organisation code's own check inside."""
    if not re.fullmatch(rf"[{_CREDIT_CHARACTERS}]{{18}}", value):
        raise ValidationError(
            "统一社会信用代码 %(value)s 应为 18 位数字或大写字母，不含 I、O、S、V、Z（GB 32100）",
            code="credit_format",
            params={"value": value},
        )
    if value[17] != credit_check(value[:17]):
        raise ValidationError(
            "统一社会信用代码 %(value)s 校验码不符（GB 32100）", code="credit_check", params={"value": value}
        )
    if value[16] != organisation_check(value[8:16]):
        raise ValidationError(
            "统一社会信用代码 %(value)s 中的组织机构代码校验码不符（GB 11714）",
            code="organisation_check",
            params={"value": value},
        )


def credit_check(first_17: str) -> str:
    """The check character that closes a credit code."""
    total = sum(_CREDIT_CHARACTERS.index(c) * w for c, w in zip(first_17, _CREDIT_WEIGHTS, strict=True))
    return _CREDIT_CHARACTERS[(31 - total % 31) % 31]


def organisation_check(first_8: str) -> str:
    """The check character that closes an organisation code (组织机构代码), GB 11714."""
    values = [int(c) if c.isdigit() else ord(c) - 55 for c in first_8]
    rest = 11 - sum(v * w for v, w in zip(values, _ORGANISATION_WEIGHTS, strict=True)) % 11
    return {10: "X", 11: "0"}.get(rest, str(rest))


def vin_check(vin: str) -> str:
    """The check character that stands ninth in a vehicle identification number; what stands there now is ignored."""
    rest = sum(_VIN_VALUES[c] * w for c, w in zip(vin, _VIN_WEIGHTS, strict=True)) % 11
    return "X" if rest == 10 else str(rest)


def vin_warning(value: str) -> str | None:
    """What is odd about a vehicle identification number (车辆识别代号), GB 16735; a warning, never a refusal."""
    if not re.fullmatch(r"[A-HJ-NPR-Z0-9]{17}", value):
        return "车辆识别代号应为 17 位，不含 I、O、Q（GB 16735）"
    if value[8] != vin_check(value):
        return "车辆识别代号第 9 位校验码不符（GB 16735），请核对录入"
    return None


def networks(value: str) -> None:
    """Networks that terminals may come from (接入网段): CIDR, several between blanks; a lone address is itself."""
    for part in value.split():
        try:
            ip_network(part)
        except ValueError:
            raise ValidationError(
                "%(value)s 不是网段，应写作 10.20.0.0/16，主机位须为 0", code="network", params={"value": part}
            ) from None
