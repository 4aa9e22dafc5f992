"""The demo's accounts (演示账号): one for each role, created by ``manage.py demo_city`` and shown when it is ready.

The password is for the demo city only; ``DEMO_PASSWORD`` replaces it, and a real city never runs this.
"""

import os

from datacenter.accounts.rights import Role

PASSWORD = os.environ.get("DEMO_PASSWORD", "panjin-demo-2026")

# username, role, unit (name), who
_ACCOUNTS = (
    ("city", Role.CITY_REGULATOR, "盘锦市交通运输局", "王晓东（市级监管员）"),
    ("shuangtaizi", Role.COUNTY_OFFICER, "双台子区分局", "李春梅（双台子区监管员）"),
    ("xinglongtai", Role.COUNTY_OFFICER, "兴隆台区分局", "赵立新（兴隆台区监管员）"),
    ("dawa", Role.COUNTY_OFFICER, "大洼区分局", "孙海涛（大洼区监管员）"),
    ("panshan", Role.COUNTY_OFFICER, "盘山县分局", "周志强（盘山县监管员）"),
    ("hotline", Role.HOTLINE_OPERATOR, "12328 热线中心", "吴丽（12328 话务员）"),
    ("enforcer", Role.ENFORCEMENT_OFFICER, "交通综合执法一大队", "郑刚（执法人员）"),
    ("approver", Role.APPROVER, "法制审核科", "冯敏（审批领导）"),
    ("dispatcher", Role.BUS_DISPATCHER, "", "陈涛（公交调度员）"),  # unit: the first bus company
    ("safety", Role.SAFETY_OFFICER, "", "褚卫国（危货企业安全员）"),  # unit: the first company with a hazmat permit
    ("admin", Role.ADMINISTRATOR, "盘锦市交通运输局", "系统管理员"),
)

DEMO_ACCOUNTS: list[tuple[str, str, str]] = [(name, PASSWORD, who) for name, _, _, who in _ACCOUNTS]
ACCOUNT_ROWS = _ACCOUNTS
