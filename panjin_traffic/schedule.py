"""The beat table: which task, how often, and why."""

from typing import Any

from celery.schedules import crontab

# A queue with a worker of its own: sealing a day takes minutes, and orders to vehicles can't wait for that.
_TRACKS: dict[str, Any] = {"queue": "tracks"}

SCHEDULE: dict[str, dict[str, Any]] = {
    # Deadlines of cases: warned when amber, urged when red, supervised when later.
    "look-at-case-clocks": {"task": "datacenter.cases.look_at_clocks", "schedule": 60.0, "options": {"expires": 55}},
    # Orders to vehicles run out of time; what a terminal was silent on is sent again.
    "look-after-commands": {"task": "datacenter.commands.look_after", "schedule": 15.0, "options": {"expires": 14}},
    # Roadside checks that nobody took in time, and patrols that forgot to go off duty.
    "look-after-roadside": {"task": "datacenter.roadside.look_after", "schedule": 60.0, "options": {"expires": 55}},
    # Hours of drivers over vehicles and days; once a day with what came late. Vehicles silent for a day.
    "follow-drivers": {"task": "datacenter.detection.follow_drivers", "schedule": 3600.0, "options": {"expires": 3000}},
    "follow-drivers-late": {
        "task": "datacenter.detection.follow_drivers",
        "schedule": 86_400.0,
        "args": [26],
        "options": {"expires": 40_000},
    },
    "look-for-silence": {
        "task": "datacenter.detection.look_for_silence",
        "schedule": 3600.0,
        "options": {"expires": 3000},
    },
    # Rides without the meter, by the track: about 30 s of CPU for 3,268 taxis; once a day with what came late.
    "look-for-unmetered": {
        "task": "taxi.look_for_unmetered",
        "schedule": 1800.0,
        "options": _TRACKS | {"expires": 1700},
    },
    "look-for-unmetered-late": {
        "task": "taxi.look_for_unmetered",
        "schedule": 86_400.0,
        "args": [26],
        "options": _TRACKS | {"expires": 40_000},
    },
    # Vehicles from elsewhere: those that something new came of, and old positions of theirs go.
    "look-elsewhere": {"task": "datacenter.detection.look_elsewhere", "schedule": 3600.0, "options": {"expires": 3000}},
    # Taxis at ranks and stations: refusal, carrying with the sign on vacant; once a day with what came late.
    "follow-places": {"task": "taxi.places.follow", "schedule": 3600.0, "options": {"expires": 3000}},
    "follow-places-late": {
        "task": "taxi.places.follow",
        "schedule": 86_400.0,
        "args": [26],
        "options": {"expires": 40_000},
    },
    # Rides of taxis, for lost property: those that the follower of tracks saw something new of; then once a day trip
    # records that came late, and what is past its time.
    "follow-rides": {"task": "taxi.rides.follow", "schedule": 120.0, "options": _TRACKS | {"expires": 115}},
    "tidy-rides": {"task": "taxi.rides.tidy", "schedule": 86_400.0, "options": _TRACKS | {"expires": 40_000}},
    # Trips and sign-ins of taxis, once their track has had time to come; loaded stretches without a record, once a day
    # with what came late.
    "judge-trips": {"task": "taxi.judge_trips", "schedule": 300.0, "options": {"expires": 290}},
    "judge-sign-ins": {"task": "taxi.judge_sign_ins", "schedule": 60.0, "options": {"expires": 55}},
    "look-for-unrecorded": {"task": "taxi.look_for_unrecorded", "schedule": 3600.0, "options": {"expires": 3000}},
    "look-for-unrecorded-late": {
        "task": "taxi.look_for_unrecorded",
        "schedule": 86_400.0,
        "args": [26],
        "options": {"expires": 40_000},
    },
    # Figures over all cases: the days that a case was changed of are counted anew.
    "fold-statistics": {"task": "datacenter.statistics.fold", "schedule": 60.0, "options": {"expires": 55}},
    # The ends of all cases' chains, once a day; asked each hour, so that no day is left out. On the archivist: it may
    # wait for a transaction to end.
    "anchor-chains": {
        "task": "datacenter.cases.anchor_chains",
        "schedule": 3600.0,
        "options": _TRACKS | {"expires": 3000},
    },
    # Alarms that could not become findings when they came are told again, each later than the last time.
    "tell-untold": {"task": "datacenter.detection.tell_untold", "schedule": 60.0, "options": {"expires": 55}},
    # What was told became a finding at once; its slice of track is completed when the positions after it have come.
    "complete-evidence": {
        "task": "datacenter.detection.complete_evidence",
        "schedule": 15.0,
        "options": {"expires": 14},
    },
    # Matters that come by the thousand are gathered into notices; mails and webhooks that are due, or interrupted.
    "gather-notices": {"task": "datacenter.notices.gather", "schedule": 10.0, "options": {"expires": 9}},
    "look-after-notices": {"task": "datacenter.notices.look_after", "schedule": 15.0, "options": {"expires": 14}},
    # Notices past the days that they are kept.
    "forget-notices": {"task": "datacenter.notices.forget", "schedule": 86_400.0, "options": {"expires": 40_000}},
    # Photos are judged after the commit that stores them; this takes what a killed worker left.
    "judge-photos": {"task": "datacenter.media.judge_photos", "schedule": 60.0, "options": {"expires": 55}},
    # This month and last month are assessed as far as they have run, until they are published; seconds for a city.
    "assess-drafts": {
        "task": "datacenter.assessment.compute_drafts",
        "schedule": crontab(hour="18", minute="20"),  # UTC: 02:20 in Shanghai
        "options": {"expires": 20_000},
    },
    # Recordings of calls whose worker was killed, or whose server was away.
    "look-after-recordings": {
        "task": "complaints.calls.look_after",
        "schedule": 60.0,
        "options": _TRACKS | {"expires": 55},
    },
    # Ratings by taxi passengers, of today and yesterday; once a day of the last eight days, with what came late.
    "fold-ratings": {"task": "complaints.ratings.fold", "schedule": 600.0, "options": {"expires": 590}},
    "fold-ratings-late": {
        "task": "complaints.ratings.fold",
        "schedule": 86_400.0,
        "args": [8],
        "options": {"expires": 40_000},
    },
    # Raw frames are kept for a day.
    "clear-raw-log": {"task": "datacenter.diagnosis.clear_raw_log", "schedule": 600.0, "options": {"expires": 500}},
    # Where-was-it index and track quality: looks each minute whether a million positions wait, or any for ten minutes.
    "follow-tracks": {"task": "datacenter.tracks.follow", "schedule": 60.0, "options": _TRACKS | {"expires": 55}},
    "seal-cells": {"task": "datacenter.tracks.seal_cells", "schedule": 3600.0, "options": _TRACKS | {"expires": 3000}},
    # Positions past the hot days go into the archive; a day takes minutes, once.
    "seal-tracks": {"task": "datacenter.tracks.seal", "schedule": 3600.0, "options": _TRACKS | {"expires": 3000}},
    # Partitions lie ready before the day they hold begins: no insert ever waits for one.
    "make-partitions": {"task": "datacenter.tracks.make_partitions", "schedule": 3600.0},
}


def tick_entries(shards: int) -> dict[str, dict[str, Any]]:
    """Silence is seen by watermark ticks; each shard's worker writes its own, in order with its positions.

    How many shards there are can change while beat runs (``beat.LayoutScheduler``).
    """
    return {
        f"tick-{shard}": {
            "task": "datacenter.ingest.tick",
            "schedule": 30.0,
            "args": [shard],
            "options": {"queue": f"shard.{shard}", "expires": 25},
        }
        for shard in range(shards)
    }
