"""The model of rides without the meter: three classifiers of minutes, then scorers of candidate rides.

``predict`` is what detection uses; ``save`` and ``load`` keep a model as one file with its version.
"""

import hashlib
import io
import json
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np

from taxi.meter import candidates, habits, movement, scorers, stretches
from taxi.meter.candidates import PARTS, Candidates, Chances
from taxi.meter.errors import ModelRefused
from taxi.meter.grid import STEP_S, Bools, Floats, Grid, steps_km
from taxi.meter.habits import Habits, Usual
from taxi.meter.matching import Suspects, apart
from taxi.meter.scorers import THREADS, Scorers
from taxi.meter.stretches import Stretches

VERSION = 2
_LEAST_SCORE = 0.02


@dataclass(frozen=True, slots=True)
class View:
    """A grid with what of it does not depend on the meter, computed once."""

    grid: Grid
    way: np.ndarray
    names: list[str]
    movement: Floats


def view(grid: Grid) -> View:
    """The movement of a grid."""
    names, features = movement.movement(grid)
    return View(grid, np.cumsum(steps_km(grid), dtype=np.float64), names, features)


def minute_rows(seen: View, usual: Usual, found: Stretches, elements: np.ndarray | slice = slice(None)) -> Floats:
    """Features of minutes: movement, then what depends on the meter as seen."""
    of_meter = stretches.minute_features(seen.grid, seen.way, usual, found)[elements]
    return np.hstack((seen.movement[found.row[elements]], of_meter))


Parts = dict[str, lightgbm.Booster]
"""A classifier for each of ``candidates.PARTS``."""


def chances_of(parts: Parts, features: Floats, threads: int = THREADS) -> Chances:
    """What classifiers say of each row."""
    return Chances(**{part: parts[part].predict(features, num_threads=threads).astype(np.float32) for part in PARTS})


@dataclass(frozen=True, slots=True)
class Trees:
    """The classifiers of minutes and the tables that their features come from."""

    habits: Habits
    parts: Parts


@dataclass(frozen=True, slots=True)
class Model:
    """A trained model. ``threshold`` is the score from which a suspect is told by default.

    ``digest`` is the SHA-256 of the file that it was loaded from.
    """

    origin: tuple[float, float]
    trees: Trees
    scorers: Scorers
    threshold: float
    trained_on: dict[str, float]
    digest: str = ""

    def suspects(self, seen: View, occupied: Bools) -> Suspects:
        """Vacant stretches of the grid that look like rides, no two of which overlap; ``occupied`` as the meter says.

        ``seen`` must be a grid about ``origin``.
        """
        found = stretches.stretches(seen.grid, [occupied])
        usual = habits.usual(seen.grid, self.trees.habits)
        chances = chances_of(self.trees.parts, minute_rows(seen, usual, found))
        rides = candidates.propose(found, chances)
        features = candidates.candidate_features(seen.grid, seen.way, usual, self.trees.habits, found, chances, rides)
        return apart(told(seen.grid, found, rides, self.scorers.score(features, rides), features))

    def reasons(self, suspects: Suspects) -> list[list[dict[str, Any]]]:
        """For each suspect each feature: name, value, and how far it pulled the score up or down (log-odds)."""
        if not len(suspects):
            return []
        pulls = np.asarray(self.scorers.hit.predict(suspects.features, pred_contrib=True, num_threads=THREADS))
        return [
            [
                {"name": name, "value": round(float(value), 4), "pull": round(float(pull), 3)}
                for name, value, pull in zip(candidates.NAMES, row, pulled, strict=False)
            ]
            for row, pulled in zip(suspects.features, pulls, strict=True)
        ]

    def about(self) -> dict[str, Any]:
        """What a finding says of the model that found it: version, what it was trained on, digest of the file."""
        return {"version": VERSION, "sha256": self.digest, "trained_on": self.trained_on}

    def save(self, path: Path) -> None:
        """One file: a zip of the trees as text and the tables as arrays."""
        about = {"version": VERSION, "origin": self.origin, "threshold": self.threshold, "trained_on": self.trained_on}
        about["minute_features"] = self.trees.parts["inside"].feature_name()
        about["ride_features"] = self.scorers.again.feature_name()
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            _enter(file, "model.json", json.dumps(about, ensure_ascii=False).encode())
            for part in PARTS:
                _enter(file, f"{part}.txt", self.trees.parts[part].model_to_string().encode())
            for name in scorers.NAMES:
                _enter(file, f"{name}.txt", getattr(self.scorers, name).model_to_string().encode())
            tables = io.BytesIO()
            np.savez_compressed(tables, **asdict(self.trees.habits))
            _enter(file, "habits.npz", tables.getvalue())


def _enter(file: zipfile.ZipFile, name: str, data: bytes) -> None:
    # A fixed moment: the same model gives the same bytes.
    file.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)


def load(path: Path) -> Model:
    """The model of a file. Raises ``ModelRefused`` when it is missing, damaged or of another version."""
    if not path.is_file():
        raise ModelRefused(path, "文件不存在", "请先运行 manage.py train meter")
    try:
        with zipfile.ZipFile(path) as file:
            about = json.loads(file.read("model.json"))
            if about.get("version") != VERSION:
                raise ModelRefused(path, f"版本 {about.get('version')}", f"须为版本 {VERSION}，请重新训练")
            parts = {part: _booster(file, f"{part}.txt") for part in PARTS}
            scoring = Scorers(**{name: _booster(file, f"{name}.txt") for name in scorers.NAMES})
            with np.load(io.BytesIO(file.read("habits.npz"))) as tables:
                known = Habits(**{name: tables[name] for name in Habits.__slots__})
        east, north = about["origin"]
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        trees, threshold = Trees(known, parts), float(about["threshold"])
        return Model((east, north), trees, scoring, threshold, about["trained_on"], digest)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, AttributeError, lightgbm.basic.LightGBMError) as error:
        raise ModelRefused(path, "文件已损坏", "请重新训练") from error


def _booster(file: zipfile.ZipFile, name: str) -> lightgbm.Booster:
    return lightgbm.Booster(model_str=file.read(name).decode())


def told(grid: Grid, found: Stretches, rides: Candidates, score: np.ndarray, features: Floats) -> Suspects:
    """Candidates with a score worth telling, as spans of rows."""
    worth = np.flatnonzero(score >= _LEAST_SCORE)
    first, last = found.row[rides.first[worth]], found.row[rides.last[worth]]
    day = grid.minute[first] * STEP_S // 86_400
    return Suspects(first, last, score[worth].astype(np.float32), day, features[worth])
