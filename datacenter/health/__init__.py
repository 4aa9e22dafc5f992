"""Probes and figures for whoever runs the house (健康检查)."""
