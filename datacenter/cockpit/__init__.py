"""The first page of each role (首页)."""
