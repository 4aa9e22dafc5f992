"""Writes requirements.lock and requirements-dev.lock anew: versions and hashes, no address of any registry."""

import subprocess
import sys
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
    return 0


if __name__ == "__main__":
    sys.exit(main())
