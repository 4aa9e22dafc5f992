"""Terminals' sockets (网关)."""
