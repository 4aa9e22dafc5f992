#!/bin/sh
# Makes .venv with a Python of 3.11 or newer and installs the locked packages, each checked against its hash.
set -eu

find_python() {
    for name in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 python; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$name"
            return
        fi
    done
    echo "setup: no Python 3.11 or newer is found; install one, or run make with PYTHON=/path/to/python" >&2
    exit 1
}

make_venv() {
    "$1" -m venv .venv >/dev/null 2>&1
}

if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    python=$(find_python)
    echo "setup: .venv with $("$python" --version)"
    rm -rf .venv
    if ! make_venv "$python"; then
        # Debian keeps the module venv in a package of its own.
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
            apt-get update -qq
            DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "python$version-venv" >/dev/null
        fi
        rm -rf .venv
        if ! make_venv "$python"; then
            echo "setup: $python can't make a virtual environment; install the package python$version-venv" >&2
            exit 1
        fi
    fi
fi

echo "setup: Python packages"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
