"""Officers at work over HTTP (多人同时办案): each signs in, reads its list, opens a case, acts on it, and again."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import requests

THINKS_S = (0.05, 0.6)
_GIVEN: dict[str, dict[str, Any]] = {
    "handle": {"note": "已到现场核实"},
    "feed_back": {"result": "属实，已处理", "outcome": "substantiated"},
    "return": {"reason": "请补充材料"},
    "ask_extension": {"reason": "当事人在外地", "until": "2099-12-31T00:00:00Z"},
    "refuse_extension": {"reason": "理由不充分"},
    "decline": {"reason": "不属本区"},
    "supervise": {"level": 1, "reason": "限期办结"},
    "answer": {"reply": "正在办理"},
    "review": {"decision": "accept"},
    "grade": {"level": "major"},
    "explain": {"reason": "车辆停运"},
    "reopen": {"reason": "当事人申诉"},
}
# What is done most days, and what now and then.
_OFTEN = {"dispatch", "accept", "handle", "feed_back", "verify", "close", "file"}


@dataclass
class Seen:
    """What all officers met with: acts done (case, verb, who), answers by status, and how long each took."""

    done: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    took_ms: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def p(self, share: float) -> float:
        """The time that ``share`` of the answers did not exceed."""
        return sorted(self.took_ms)[int(share * (len(self.took_ms) - 1))]


class Officer(threading.Thread):
    """One officer; all write into one ``Seen`` under its lock."""

    def __init__(self, base: str, name: str, password: str, counties: list[str], until: float, seen: Seen,
                 lock: threading.Lock) -> None:  # fmt: skip
        super().__init__(daemon=True)
        self.base, self.who, self.password, self.counties = base, name, password, counties
        self.until, self.seen, self.lock = until, seen, lock
        self.luck = random.Random(name)
        self.http = requests.Session()

    def run(self) -> None:
        """Until the time is over."""
        try:
            self._sign_in()
            while time.monotonic() < self.until:
                self._work()
                time.sleep(self.luck.uniform(*THINKS_S))
        except Exception as fault:
            with self.lock:
                self.seen.faults.append(f"{self.who}: {fault!r}")

    def _sign_in(self) -> None:
        self.http.get(f"{self.base}/login/", timeout=60)
        form = {"username": self.who, "password": self.password, "csrfmiddlewaretoken": self.http.cookies["csrftoken"]}
        answer = self.http.post(f"{self.base}/login/", form, headers={"Referer": self.base}, timeout=60)
        assert "sessionid" in self.http.cookies, answer.status_code

    def _work(self) -> None:
        state = self.luck.choice(["mine", "mine", "mine", "", "closed"])
        rows = self._ask("list", "get", f"/api/v1/cases/?state={state}").json()["results"]
        if not rows:
            return
        number = self.luck.choice(rows)["number"]
        answer = self._ask("detail", "get", f"/api/v1/cases/{number}/")
        if answer.status_code != 200:  # it has been moved to another county meanwhile
            return
        verbs = answer.json()["verbs"]
        often = [verb for verb in verbs if verb in _OFTEN]
        chosen = often if often and self.luck.random() < 0.85 else verbs
        if not chosen:
            return
        verb = self.luck.choice(chosen)
        given = {"to": self.luck.choice(self.counties)} if "dispatch" in verb else _GIVEN.get(verb, {})
        answer = self._ask(verb, "post", f"/api/v1/cases/{number}/{verb}/", given)
        if answer.status_code == 200:
            with self.lock:
                self.seen.done[number, verb, self.who] += 1

    def _ask(self, what: str, method: str, path: str, given: dict[str, Any] | None = None) -> requests.Response:
        headers = {"X-CSRFToken": self.http.cookies.get("csrftoken", ""), "Referer": self.base}
        began = time.monotonic()
        answer = self.http.request(method, self.base + path, json=given, headers=headers, timeout=60)
        took = (time.monotonic() - began) * 1000
        with self.lock:
            self.seen.took_ms.append(took)
            self.seen.answers[what, answer.status_code] += 1
            if answer.status_code >= 500:
                self.seen.faults.append(f"{self.who} {method} {path} → {answer.status_code} {answer.text[:200]}")
        return answer


def work(base: str, names: list[str], password: str, counties: list[str], seconds: float) -> Seen:
    """Everybody at once for so many seconds; what they met with."""
    seen, lock, until = Seen(), threading.Lock(), time.monotonic() + seconds
    officers = [Officer(base, name, password, counties, until, seen, lock) for name in names]
    for officer in officers:
        officer.start()
    for officer in officers:
        officer.join(seconds + 120)
    return seen
