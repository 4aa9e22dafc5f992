"""A vehicle's papers as one line of text (车辆静态信息): ``KEY:=value`` joined by ``;``. Messages 0x9204 and 0x1601.

Keys are spelled as they are transmitted, "OWERS" too. Which key the 2019 edition has for the business scope
(经营范围代码) was not found; unknown keys are kept.
"""

from collections.abc import Mapping

TITLES = {
    "VIN": "车牌号",
    "VEHICLE_COLOR": "车牌颜色",
    "VEHICLE_TYPE": "车辆类型",
    "TRANS_TYPE": "运输行业编码",
    "VEHICLE_NATIONALITY": "车籍地",
    "OWERS_ID": "业户ID",
    "OWERS_NAME": "业户名称",
    "OWERS_TEL": "业户联系电话",
}


def pairs_of(text: str) -> dict[str, str]:
    """Keys and values of ``text``, in order; what has no ``:=`` is a key without a value."""
    pairs = (item.partition(":=") for item in text.split(";"))
    return {key.strip(): value.strip() for key, _, value in pairs if key.strip()}


def text_of(pairs: Mapping[str, str]) -> str:
    """The line that says these."""
    return ";".join(f"{key}:={value}" for key, value in pairs.items())
