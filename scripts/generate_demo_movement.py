"""Make the demo city's movement file, `datacenter/simulator/data/movement.npz`; the same bytes every time.

    .venv/bin/python scripts/generate_demo_movement.py [--out FILE] [--compare REAL_TRACKS]

Run it after a change in `datacenter/simulator/generate/`. `docs/demo_movement.md` says how the result compares with
real tracks.
"""

import argparse
import io
import json
import sys
import zipfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from datacenter.simulator.generate.compare import compare  # noqa: E402
from datacenter.simulator.generate.drive import STEP_S  # noqa: E402
from datacenter.simulator.generate.network import (  # noqa: E402
    METRES_PER_LAT,
    METRES_PER_LON,
    ORIGIN_LAT,
    ORIGIN_LON,
    Network,
    build_network,
)
from datacenter.simulator.generate.trips import LONGEST_S, Template, templates  # noqa: E402

OUT = ROOT / "datacenter/simulator/data/movement.npz"


def network_columns(network: Network) -> dict[str, np.ndarray]:
    """Edges as columns: shape in microdegrees from the origin, class, name."""
    shapes = [np.array(edge.shape) for edge in network.edges]
    points = np.concatenate(shapes)
    scale = np.array([1e6 / METRES_PER_LON, 1e6 / METRES_PER_LAT])
    origin = np.round([ORIGIN_LON * 1e6, ORIGIN_LAT * 1e6])
    names = sorted({edge.name for edge in network.edges})
    return {
        "edge_points_e6": np.round(points * scale + origin).astype(np.int32),
        "edge_sizes": np.array([len(shape) for shape in shapes], np.uint16),
        "edge_class": np.array([edge.road_class for edge in network.edges], np.uint8),
        "edge_name": np.array([names.index(edge.name) for edge in network.edges], np.uint16),
        "names": np.array(names),
    }


def template_columns(made: list[Template]) -> dict[str, np.ndarray]:
    """Templates as columns: ways as edge numbers (negative for backwards), steps as decimetres and half km/h."""
    samples = [template.drive.sampled() for template in made]
    # Metres along the file's own rounded shape, so that a reader's lengths agree with ours.
    metres = np.concatenate([np.round(s[0] * 10).astype(np.int64) for s in samples])
    starts = np.cumsum([0] + [len(s[0]) for s in samples[:-1]])
    steps = np.diff(metres, prepend=0)
    steps[starts] = 0
    ways = [[number + 1 if forward else -number - 1 for number, forward in t.drive.steps] for t in made]
    return {
        "kind": np.array([template.kind for template in made]),
        "county": np.array([template.county for template in made]),
        "label": np.array([template.label for template in made]),
        "base": np.array([template.base for template in made], np.uint16),
        "way_edges": np.concatenate([np.array(way, np.int16) for way in ways]),
        "way_sizes": np.array([len(way) for way in ways], np.uint16),
        "step_counts": np.array([len(s[0]) for s in samples], np.uint16),
        "step_dm": steps.astype(np.uint16),
        "speed_half_kmh": np.round(np.concatenate([s[1] for s in samples]) * 7.2).astype(np.uint8),
        "flags": np.concatenate([s[2] for s in samples]),
        "stops_dm": np.concatenate([np.array(t.stops_m) * 10 for t in made]).astype(np.uint32),
        "out_dm": np.array([round(t.out_m * 10) for t in made], np.uint32),
        "stop_counts": np.array([len(t.stops_m) for t in made], np.uint16),
    }


def save(columns: dict[str, np.ndarray], path: Path) -> None:
    """A compressed .npz whose bytes depend on its content only (fixed time stamps)."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, column in columns.items():
            content = io.BytesIO()
            np.save(content, column, allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", (2026, 1, 1, 0, 0, 0)), content.getvalue(),
                             zipfile.ZIP_DEFLATED, 9)  # fmt: skip


def main() -> None:
    """Generate, check the bounds that the file's integers need, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--compare", type=Path, help="don't generate; compare the committed file with real tracks")
    options = parser.parse_args()
    if options.compare:
        print(json.dumps(compare(options.compare), indent=1))
        return
    path = options.out
    network = build_network()
    made = list(templates(network))
    for template in made:
        longest = LONGEST_S[template.kind]
        if template.drive.now_s > longest:
            raise SystemExit(f"{template.kind} {template.label}: {template.drive.now_s:.0f} s is over {longest} s")
    columns = {"step_s": np.array([STEP_S]), **network_columns(network), **template_columns(made)}
    save(columns, path)
    print(f"{len(made)} templates, {columns['step_dm'].size} steps, {path.stat().st_size / 1e6:.2f} MB in {path}")


if __name__ == "__main__":
    main()
