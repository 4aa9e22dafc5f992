"""``.env.example`` explains every variable the project reads, and no other."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SETTING = re.compile(r"\benv\.(?:text|flag|number|secret|office_hours)\(\s*\"([A-Z][A-Z0-9_]*)\"")
DIRECT = re.compile(r"\bos\.environ(?:\.get\(|\[)\s*\"([A-Z][A-Z0-9_]*)\"")
IN_COMPOSE = re.compile(r"(?<!\$)\$\{([A-Z][A-Z0-9_]*)")
NOT_OURS = {"DJANGO_SETTINGS_MODULE", "NO_COLOR"}
"""Read by us, known to everybody: conventions of Django and of terminals."""


def explained() -> dict[str, str]:
    """Each variable of ``.env.example`` with the paragraph of comments above it."""
    found: dict[str, str] = {}
    comment = ""
    for line in (ROOT / ".env.example").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            comment += "" if line.startswith("# ---") else line.lstrip("# ") + " "
        elif "=" in line:
            name = line.split("=", 1)[0]
            assert name not in found, f"{name} stands twice in .env.example"
            found[name] = comment
        else:
            comment = ""
    return found


def read_by_settings() -> set[str]:
    return set(SETTING.findall((ROOT / "panjin_traffic/settings.py").read_text(encoding="utf-8")))


def read_elsewhere() -> set[str]:
    """Names that other code and Compose read."""
    names = set(IN_COMPOSE.findall((ROOT / "docker-compose.yml").read_text(encoding="utf-8")))
    for folder in ("panjin_traffic", "datacenter"):
        for path in (ROOT / folder).rglob("*.py"):
            names |= set(DIRECT.findall(path.read_text(encoding="utf-8")))
    return names - NOT_OURS


def test_every_setting_is_explained() -> None:
    assert read_by_settings(), "settings.py reads its variables through panjin_traffic/env.py"
    missing = {*read_by_settings(), *read_elsewhere()} - set(explained())
    assert not missing, f"explain in .env.example: {', '.join(sorted(missing))}"


def test_nothing_is_explained_that_nobody_reads() -> None:
    unread = set(explained()) - read_by_settings() - read_elsewhere()
    assert not unread, f"nobody reads: {', '.join(sorted(unread))}"


def test_every_variable_has_a_sentence() -> None:
    bare = [name for name, comment in explained().items() if len(comment) < 10]
    assert not bare, f"say in .env.example what they are for: {', '.join(bare)}"


def test_no_secret_has_a_value() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert not re.findall(r"^(\w*(?:PASSWORD|SECRET_KEY)\w*)=.+$", text, re.MULTILINE)
