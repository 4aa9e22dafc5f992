"""The shared kernel (数据中心)."""
