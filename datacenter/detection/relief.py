"""Whose stretch at the wheel it was (换班): a change of drivers begins the hours anew if both are known.

Known is who put in a card or signed in: a binding of the registry says who may drive, not who does.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime

from datacenter.detection.episodes import Episode, Rule
from datacenter.registry.models import DriverBinding

IDENTIFIED = (DriverBinding.Source.CARD, DriverBinding.Source.SIGN_IN)


def longest_part(episode: Episode, rule: Rule) -> Episode | None:
    """The longest part of an episode that one driver drove; None where that is shorter than the rule's duration.

    Measures stay those of the whole stretch.
    """
    changes = _changes(episode.vehicle_id, episode.started, episode.ended)
    if not changes:
        return episode
    edges = [episode.started, *changes, episode.ended]
    started, ended = max(itertools.pairwise(edges), key=lambda part: part[1] - part[0])
    limits = (rule.row(episode.judged) or rule).limits
    if ended - started < limits.lasting_s:
        return None
    return replace(episode, started=started, ended=ended, ongoing=episode.ongoing and ended == episode.ended)


def _changes(vehicle_id: int, started: int, ended: int) -> list[int]:
    """When, inside the span, another known driver took over from a known one."""
    until = datetime.fromtimestamp(ended, UTC)
    rows = DriverBinding.objects.filter(vehicle_id=vehicle_id, source__in=IDENTIFIED, since__lt=until).order_by("since")
    changes, at_wheel = [], None
    for driver, since in rows.values_list("practitioner_id", "since"):
        moment = int(since.timestamp())
        if at_wheel is not None and driver != at_wheel and moment > started:
            changes.append(moment)
        at_wheel = driver
    return changes
