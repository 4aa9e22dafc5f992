"""The model on generated cabs: it learns, keeps what it learned, and refuses what it can't use."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from taxi.meter import evaluation
from taxi.meter.errors import ModelRefused, TracksRefused
from taxi.meter.evaluation import examine
from taxi.meter.grid import resample
from taxi.meter.hiding import hide, occupied_rides, seen_occupied
from taxi.meter.model import VERSION, load, view
from taxi.meter.reading import Fixes, read_fixes
from taxi.meter.training import train
from tests.taxi.meter_tracks import START_S, cab_fixes, write_csv

CABS = Path(__file__).resolve().parents[3] / "shared" / "data" / "tracks" / "sf_cabs.parquet"
ORIGIN = (122.0, 41.1)
HEAD = "vehicle,time,lon,lat,occupied\n"


@pytest.fixture(scope="module")
def trained():
    return train(resample(cab_fixes(8, 24), ORIGIN), origin=ORIGIN, share=0.3, seeds=(1,))


@pytest.fixture(scope="module")
def others() -> Fixes:
    return cab_fixes(3, 12, seed=9)


def test_rides_of_cabs_never_seen_are_found_better_than_by_rule(trained, others):
    result = examine(trained.model, others, resample(others, ORIGIN), 0.3)
    assert result["best_f1"] > 0.6
    assert result["best_f1"] > result["baseline"]["best_f1"]


def test_a_saved_model_tells_the_same_and_has_the_same_bytes(trained, others, tmp_path):
    grid = resample(others, ORIGIN)
    occupied = seen_occupied(grid, hide(occupied_rides(grid), 0.3, 1))
    trained.model.save(tmp_path / "a.model")
    trained.model.save(tmp_path / "b.model")
    assert (tmp_path / "a.model").read_bytes() == (tmp_path / "b.model").read_bytes()
    before, after = (model.suspects(view(grid), occupied) for model in (trained.model, load(tmp_path / "a.model")))
    assert before.first.tolist() == after.first.tolist()
    assert before.score == pytest.approx(after.score)


def test_what_the_hidden_bit_says_does_not_reach_the_suspects(trained, others):
    grid = resample(others, ORIGIN)
    hidden = hide(occupied_rides(grid), 0.3, 1)
    seen = seen_occupied(grid, hidden)
    blind = Fixes(others.vehicle, others.time_s, others.lon, others.lat, np.zeros(len(others), bool))
    told, told_blind = (trained.model.suspects(view(g), seen) for g in (grid, resample(blind, ORIGIN)))
    assert told.first.tolist() == told_blind.first.tolist()
    assert told.score.tolist() == told_blind.score.tolist()


def test_suspects_lie_in_vacant_minutes_of_one_vehicle(trained, others):
    grid = resample(others, ORIGIN)
    told = trained.model.suspects(view(grid), grid.occupied)
    for a, b in zip(told.first, told.last, strict=True):
        assert not grid.occupied[a : b + 1].any()
        assert grid.first[a] == grid.first[b]


def test_a_track_without_vacant_minutes_gives_no_suspects(trained, others):
    grid = resample(others, ORIGIN)
    assert len(trained.model.suspects(view(grid), np.ones(len(grid), bool))) == 0


def test_a_missing_model_is_refused_by_name(tmp_path):
    with pytest.raises(ModelRefused, match="train meter"):
        load(tmp_path / "none.model")


def test_a_model_of_another_version_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "old.model", "w") as file:
        file.writestr("model.json", json.dumps({"version": 0}))
    with pytest.raises(ModelRefused, match="版本 0"):
        load(tmp_path / "old.model")


@pytest.mark.parametrize("data", [b"", b"PK no zip", None])
def test_a_damaged_model_is_refused(tmp_path, data):
    path = tmp_path / "bad.model"
    if data is None:
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("model.json", json.dumps({"version": VERSION}))
    else:
        path.write_bytes(data)
    with pytest.raises(ModelRefused, match="损坏"):
        load(path)


@pytest.mark.parametrize(
    ("text", "column", "rule"),
    [
        ("vehicle,time,lon,lat\na,0,122,41\n", "occupied", "须有列"),
        (HEAD, "vehicle", "至少要有一条"),
        (HEAD + "a,0,122,41,2\n", "occupied", "0（空车）或 1"),
        (HEAD + "a,0,east,41,1\n", "lon", "须为数字"),
        (HEAD + "a,0,181,41,1\n", "lon", "±180"),
        (HEAD + "a,0,122,91,1\n", "lat", "±90"),
        (HEAD + "a,0,122,nan,1\n", "lat", "都要有值"),
        (HEAD + "a,yesterday,122,41,1\n", "time", "ISO 8601"),
        (HEAD + "a,1772323200000,122,41,1\n", "time", "秒数"),
        (HEAD + "a,0,122,,1\n", "lat", "都要有值"),
    ],
)
def test_a_bad_file_is_refused_by_column_and_rule(tmp_path, text: str, column: str, rule: str):
    path = tmp_path / "tracks.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TracksRefused, match=rule) as refused:
        read_fixes(path)
    assert refused.value.column == column


@pytest.mark.parametrize("name", ["tracks.csv", "tracks.parquet"])
def test_a_file_that_is_none_is_refused(tmp_path, name: str):
    with pytest.raises(TracksRefused, match="不存在"):
        read_fixes(tmp_path / name)
    (tmp_path / name).write_bytes(b"\xff\xfe\x00PAR")
    with pytest.raises(TracksRefused):
        read_fixes(tmp_path / name)


def test_times_with_a_zone_and_seconds_are_the_same(tmp_path):
    path = tmp_path / "tracks.csv"
    path.write_text(HEAD + "a,2026-03-01T00:00:00Z,122,41,1\n", encoding="utf-8")
    assert read_fixes(path).time_s.tolist() == [START_S]


def test_too_few_vehicles_are_refused_by_the_command(tmp_path):
    path = write_csv(tmp_path / "tracks.csv", cab_fixes(1, 1))
    with pytest.raises(CommandError, match="4 辆车"):
        call_command("evaluate", "meter", tracks=path, json=True)
    with pytest.raises(CommandError, match="两辆车"):
        call_command("train", "meter", tracks=path, out=tmp_path / "out.model")


def test_too_few_rides_are_refused(tmp_path):
    with pytest.raises(TracksRefused, match="载客段"):
        train(resample(cab_fixes(2, 1)), origin=ORIGIN, share=0.3, seeds=(1,))


def test_the_command_gives_the_figures_of_the_contract_on_a_small_file(tmp_path, monkeypatch):
    monkeypatch.setattr(evaluation, "TRAINING_SEEDS", {0.3: (1,), 0.05: (1,)})
    path, out = write_csv(tmp_path / "tracks.csv", cab_fixes(6, 12)), io.StringIO()
    call_command("evaluate", "meter", tracks=path, json=True, stdout=out, stderr=io.StringIO())
    answer = json.loads(out.getvalue())
    keys = {
        "precision",
        "recall",
        "f1",
        "best_f1",
        "recall_at_p90",
        "precision_top50_day",
        "hidden_rides",
        "vacant_hours",
    }
    assert keys <= set(answer)
    assert keys <= set(answer["rare"])
    assert answer["hidden_rides"] > answer["rare"]["hidden_rides"] >= 1


def test_real_cabs_are_read_and_searched(trained):
    if not CABS.exists():
        pytest.skip(f"NO REAL TRACKS AT {CABS}: the generated ones alone were tried")
    fixes = read_fixes(CABS)
    few = fixes.vehicle == 0
    fixes = Fixes(*(getattr(fixes, name)[few] for name in Fixes.__slots__))
    origin = (float(np.median(fixes.lon)), float(np.median(fixes.lat)))
    grid = resample(fixes, origin)
    assert 0.2 < grid.occupied.mean() < 0.7
    assert len(occupied_rides(grid)) > 300
    result = examine(trained.model, fixes, grid, 0.3)
    assert 0.15 < result["baseline"]["best_f1"] < 0.5
