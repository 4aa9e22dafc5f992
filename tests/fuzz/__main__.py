"""Fuzzes a protocol's codec: ``python -m tests.fuzz <protocol> --seconds N`` prints a line of JSON.

The working corpus grows in ``var/fuzz`` from seeds and from what the repository keeps (``tests/data/fuzz``); ``--keep``
replaces the latter by the fewest inputs that reach all that the working corpus reaches, at most ``MOST_KEPT`` of them.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
from hashlib import sha1
from pathlib import Path
from typing import Any

from .cover import fewest, steps_of
from .seeds import SEEDS
from .targets import TARGETS, run

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "tests" / "data" / "fuzz"
WORK = ROOT / "var" / "fuzz"
MOST_KEPT = 200
LONGEST = 2048
"""Bytes of an input."""
_STATUS = re.compile(r"cov: (\d+) ft: (\d+) corp: (\d+)/\S+")
_FINAL = re.compile(r"stat::(\w+):\s+(\d+)")


def kept(protocol: str) -> list[Path]:
    """The inputs that the repository keeps, in order."""
    return sorted((KEPT / protocol).glob("*"))


def arguments(seconds: float, artifacts: Path) -> list[str]:
    return [
        f"-max_total_time={round(seconds)}",
        f"-max_len={LONGEST}",
        "-timeout=20",
        "-rss_limit_mb=1500",
        "-reload=0",
        "-print_final_stats=1",
        f"-artifact_prefix={artifacts}/",
    ]


def plant(protocol: str, folder: Path, *, seeds: bool) -> None:
    """What is kept, and ``seeds`` besides, as files of the working corpus."""
    folder.mkdir(parents=True, exist_ok=True)
    for data in (*(SEEDS[protocol]() if seeds else ()), *(path.read_bytes() for path in kept(protocol))):
        (folder / _name(data)).write_bytes(data)


def fuzz(protocol: str, seconds: float, *, work: Path = WORK, seeds: bool = True) -> dict[str, Any]:
    """Runs the target; ``find`` holds the input that broke it, and how, where one did."""
    corpus, artifacts = work / protocol, work / f"{protocol}-finds"
    plant(protocol, corpus, seeds=seeds)
    artifacts.mkdir(parents=True, exist_ok=True)
    before = set(artifacts.iterdir())
    command = [sys.executable, "-m", "tests.fuzz.engine", protocol, *arguments(seconds, artifacts), str(corpus)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
    said = done.stdout + done.stderr
    final = dict(_FINAL.findall(said))
    status = (_STATUS.findall(said) or [("0", "0", "0")])[-1]
    finds = sorted(set(artifacts.iterdir()) - before)
    out: dict[str, Any] = {
        "protocol": protocol,
        "seconds": round(seconds),
        "executions": int(final.get("number_of_executed_units", 0)),
        "executions_a_second": int(final.get("average_exec_per_sec", 0)),
        "edges": int(status[0]),
        "features": int(status[1]),
        "corpus": int(status[2]),
        "peak_mb": int(final.get("peak_rss_mb", 0)),
    }
    if done.returncode or finds:
        out["find"] = {
            "exit": done.returncode,
            "inputs": [path.read_bytes().hex() for path in finds],
            "said": done.stdout[-3000:] or done.stderr[-3000:],
        }
    return out


def keep(protocol: str, *, work: Path = WORK) -> int:
    """Keeps of the working corpus what reaches the most code; how many files that is."""
    inputs = [path.read_bytes() for path in sorted((work / protocol).iterdir())]
    chosen = fewest(inputs, lambda data: steps_of(lambda: run(protocol, data)), MOST_KEPT)
    folder = KEPT / protocol
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for data in chosen:
        (folder / _name(data)[:16]).write_bytes(data)
    return len(chosen)


def _name(data: bytes) -> str:
    return sha1(data, usedforsecurity=False).hexdigest()


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.fuzz", description=__doc__)
    parser.add_argument("protocol", choices=sorted(TARGETS))
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--keep", action="store_true", help="choose what the repository keeps of the corpus")
    parser.add_argument("--input", type=Path, help="run the target once, on this file's bytes, and show what is wrong")
    options = parser.parse_args()
    if options.input:
        run(options.protocol, options.input.read_bytes())
        return 0
    if options.keep:
        print(json.dumps({"protocol": options.protocol, "kept": keep(options.protocol)}))
        return 0
    figures = fuzz(options.protocol, options.seconds)
    print(json.dumps(figures, ensure_ascii=False), flush=True)
    return 1 if "find" in figures else 0


if __name__ == "__main__":
    sys.exit(main())
