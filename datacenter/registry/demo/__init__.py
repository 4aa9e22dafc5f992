"""The demo city (演示城市): Panjin's counties and units, and made-up companies, people and papers for its demo fleet.

``people`` and ``papers`` are pure: the same rows on every machine. ``fill`` puts them into the tables.
"""
