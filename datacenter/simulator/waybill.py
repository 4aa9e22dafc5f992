"""The electronic waybill of a dangerous-goods vehicle as its terminal tells it (电子运单), a text in lines.

The names of the lines are those of the form of JT/T 617.5 (from general knowledge, to be verified); how 0x0701 writes
them is not laid down. Everything in it is made up.
"""

from datetime import datetime

from datacenter.protocols.wire import GMT8
from datacenter.simulator.draw import draw
from datacenter.simulator.fleet import DemoVehicle, demo_companies
from datacenter.simulator.people import driver_at, escort_number, person

GOODS = (
    ("UN1202", "柴油", "3", "Ⅲ"),
    ("UN1203", "车用汽油", "3", "Ⅱ"),
    ("UN1075", "液化石油气", "2.1", ""),
    ("UN1230", "甲醇", "3", "Ⅱ"),
    ("UN1824", "氢氧化钠溶液", "8", "Ⅱ"),
    ("UN1267", "石油原油", "3", "Ⅰ"),
)
_PLACES = ("盘锦港", "双台子区储运站", "兴隆台区炼化厂区", "大洼区油库", "盘山县配送站")


def text(vehicle: DemoVehicle, at: datetime) -> str:
    """The waybill of the journey that begins now."""
    local = at.astimezone(GMT8)
    luck = draw("waybill", vehicle.index * 100_000 + int(at.timestamp()) // 3600 % 100_000)
    un, name, category, packing = GOODS[draw("goods", vehicle.index) % len(GOODS)]
    start = luck % len(_PLACES)
    end = (start + 1 + luck // 8 % (len(_PLACES) - 1)) % len(_PLACES)
    driver, escort = driver_at(vehicle, local.hour), person(escort_number(vehicle))
    carrier = next(one.name for one in demo_companies() if one.company_no == vehicle.company_no)
    lines = {
        "运单编号": f"DEMO{local:%Y%m%d%H%M}{vehicle.index:05d}",
        "托运人": "演示化工有限公司",
        "收货人": "演示能源销售有限公司",
        "装货人": "演示储运有限公司",
        "起运日期": f"{local:%Y-%m-%d}",
        "起运地": _PLACES[start],
        "目的地": _PLACES[end],
        "承运人": carrier,
        "车辆号牌": vehicle.plate,
        "驾驶员": driver.name,
        "驾驶员从业资格证号": driver.identity_no,
        "押运员": escort.name,
        "押运员从业资格证号": escort.identity_no,
        "UN编号": un,
        "正式运输名称": name,
        "类别及项别": category,
        "包装类别": packing,
        "数量": f"{8 + luck // 64 % 180 / 10:.1f} 吨",
        "备注": "演示数据",
    }
    return "\n".join(f"{key}：{value}" for key, value in lines.items())
