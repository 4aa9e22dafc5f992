"""Detectors, the episode engine, findings (检测)."""
