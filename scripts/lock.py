"""Writes requirements.lock and requirements-dev.lock anew: versions and hashes, no address of any registry.

pip-compile forgets on which machines an optional package is wanted; that is put back from pyproject.toml.
"""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COMMON = ["--quiet", "--upgrade", "--generate-hashes", "--strip-extras", "--allow-unsafe"]
NO_ADDRESSES = ["--no-emit-index-url", "--no-emit-find-links", "--no-emit-trusted-host"]
LOCKS = {"requirements-dev.lock": ["--extra", "dev"], "requirements.lock": ["-c", "requirements-dev.lock"]}


def main() -> int:
    """Locks development first; production takes the same versions."""
    for lock, extra in LOCKS.items():
        command = [str(Path(sys.executable).parent / "pip-compile"), *COMMON, *NO_ADDRESSES, *extra, "-o", lock]
        code = subprocess.run([*command, "pyproject.toml"], cwd=ROOT, check=False).returncode  # noqa: S603
        if code:
            return code
        lines = (ROOT / lock).read_text().splitlines(keepends=True)
        (ROOT / lock).write_text("".join(map(with_marker, lines)))
    return 0


def with_marker(line: str) -> str:
    """A line of a lock with the marker that its package has in pyproject.toml."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for wanted in extras["dev"]:
        requirement, _, marker = wanted.partition(";")
        name = requirement.split(">")[0].strip()
        if marker and line.startswith(f"{name}==") and ";" not in line:
            return line.replace(" \\", f" ; {marker.strip()} \\")
    return line


if __name__ == "__main__":
    sys.exit(main())
