"""Accounts: units, users, roles, scope (机构、用户、权限、数据范围)."""
