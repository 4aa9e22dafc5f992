"""Sans-IO codecs of the trade's wire protocols (协议编解码).

Bytes in, messages and events out: no socket, no clock, no database, neither Django nor asyncio. One package a
standard; ``wire.py`` holds the field kinds that all of them share, ``errors.py`` the root of their refusals.
"""
