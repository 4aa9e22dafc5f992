"""The supervisor restarts who dies, ends everybody in order, and leaves nobody behind."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from panjin_traffic.servers import ValkeyServer
from panjin_traffic.servers.processes import Birth
from panjin_traffic.supervisor.output import LineBuffer
from tests.servers.conftest import python

POLITE = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (print("goodbye"), sys.exit(0)))
print("hello")
while True:
    time.sleep(1)
"""
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('hello'); time.sleep(99)"
MORTAL = "print('hello'); raise SystemExit(3)"

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start() -> Iterator[Start]:
    running: list[subprocess.Popen[str]] = []

    def begin(*children: dict[str, Any], **wish: Any) -> subprocess.Popen[str]:
        running.append(python("-m", "tests.servers.house", json.dumps({"children": children, **wish})))
        return running[-1]

    yield begin
    for process in running:
        process.terminate()
        process.communicate()


def read_until(process: subprocess.Popen[str], wanted: str, times: int = 1) -> list[str]:
    """The lines that the house prints, up to the one that contains ``wanted`` for the last of ``times``."""
    assert process.stdout is not None
    lines: list[str] = []
    while times:
        line = process.stdout.readline()
        assert line, f"{wanted!r} never came: {lines}"
        lines.append(line.rstrip("\n"))
        times -= wanted in line
    return lines


def end(process: subprocess.Popen[str]) -> tuple[list[str], float]:
    """Asks the house to end: what it still printed, and how long it took."""
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=15)
    assert process.returncode == 0
    return output.splitlines(), time.monotonic() - began


def test_child_that_dies_is_restarted_with_growing_pauses(start: Start) -> None:
    house = start({"name": "mortal", "script": MORTAL}, {"name": "polite", "script": POLITE})
    lines = read_until(house, "starts again", times=3)
    pauses = re.findall(r"mortal +\| ended \(exit code 3\); it starts again in ([\d.]+) s", "\n".join(lines))
    assert pauses == ["0.1", "0.2", "0.4"]
    assert sum("polite" in line and "hello" in line for line in lines) == 1, "the others are left alone"


def test_killed_child_is_named_with_its_signal(start: Start) -> None:
    house = start({"name": "victim", "script": "import os; print(os.getpid()); __import__('time').sleep(99)"})
    first = read_until(house, "victim")[-1].split("| ")[1]
    os.kill(int(first), signal.SIGKILL)
    assert "ended (SIGKILL)" in read_until(house, "starts again")[-1]
    assert read_until(house, "victim")[-1].split("| ")[1] != first


def test_everybody_ends_in_order_and_the_late_are_killed(start: Start) -> None:
    house = start(
        {"name": "web", "script": POLITE, "stage": 4},
        {"name": "shard-0", "script": STUBBORN, "stage": 2, "last_s": 0.5},
        {"name": "gateway", "script": POLITE, "stage": 1},
    )
    read_until(house, "hello", times=3)
    lines, took_s = end(house)
    said = [re.sub(r" +\| ", ": ", line) for line in lines]
    assert said == ["gateway: goodbye", "shard-0: did not end in time: killed", "web: goodbye"]
    assert took_s < 3


def test_nobody_survives_a_killed_supervisor(start: Start) -> None:
    tell = "import os, time; print(os.getpid()); time.sleep(99)"
    house = start({"name": "one", "script": tell}, {"name": "two", "script": tell})
    births = [Birth.of(int(read_until(house, " | ")[-1].split("| ")[1])) for _ in range(2)]
    house.kill()
    assert all(birth is not None and birth.wait(5) for birth in births)


def test_what_a_child_has_started_ends_with_it(start: Start) -> None:
    script = "import subprocess, time; print(subprocess.Popen(['sleep', '99']).pid); time.sleep(99)"
    house = start({"name": "parent", "script": script})
    grandchild = Birth.of(int(read_until(house, " | ")[-1].split("| ")[1]))
    assert grandchild is not None
    end(house)
    assert grandchild.wait(2)


def test_who_waits_starts_only_when_the_house_is_ready(start: Start, tmp_path: Path) -> None:
    gate = tmp_path / "ready"
    house = start(
        {"name": "web", "script": POLITE},
        {"name": "simulator", "script": POLITE, "waits": True},
        ready_file=str(gate),
    )
    assert not any("simulator" in line or "announced" in line for line in read_until(house, "hello"))
    gate.touch()
    lines = read_until(house, "simulator")
    assert "announced" in lines
    assert lines.index("announced") < len(lines) - 1


def test_dead_server_is_noticed_and_started_again(start: Start, tmp_path: Path) -> None:
    house = start({"name": "web", "script": POLITE}, var=str(tmp_path))
    read_until(house, "hello")
    valkey = ValkeyServer(tmp_path / "servers/valkey")
    first = valkey.pid
    valkey.kill9()
    lines = read_until(house, "is back")
    assert any("Valkey" in line and "is gone; starting it again" in line for line in lines)
    assert valkey.pid not in (None, first)


def test_command_that_does_not_exist_is_said_and_tried_again(start: Start) -> None:
    house = start({"name": "lost", "command": ["/nowhere/at-all"]})
    lines = read_until(house, "can't be started", times=2)
    assert "lost       | can't be started: No such file or directory (/nowhere/at-all)" in lines


def test_lines_stay_whole_whatever_the_pieces() -> None:
    lines = LineBuffer()
    assert lines.feed("盘锦".encode()[:4]) == []
    assert lines.feed("盘锦".encode()[4:] + b"\r\nrest") == ["盘锦"]
    assert lines.flush() == ["rest"]
    assert len(lines.feed(b"x" * 20_000)) == 1, "an endless line is cut"
    assert lines.feed(b"\xff\n") == ["\\xff"]
