"""Trips, sign-ins and loaded stretches judged (营运判定): pure rules, each in its module, and what reads rows for them.

``ridden``, ``loaded``, ``metering``, ``fares``, ``licences`` and ``detours`` know no database; ``trips``, ``stretches``
and ``sign_ins`` bring them rows and tell what they say. ``detectors`` are the rules' names and limits.
"""
