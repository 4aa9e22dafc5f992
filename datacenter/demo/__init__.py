"""The demo city's past (演示历史): half a year of made-up findings, screening and cases.

``kinds``, ``words`` and ``counties`` are tables; ``story`` lives one case through by the same table of transitions,
calendar and clocks as the real loop, only quicker and with the past's times; ``history`` fills the tables with them.
"""
