"""Wiring of the project: settings, addresses, processes; no rule of the trade."""
