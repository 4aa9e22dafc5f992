"""How each body works (办理风格): quick or slow, thorough or often sent back. Made up; no county is like this."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Temper:
    """``pace``: the usual share of the time allowed that a case takes; the shares are of cases."""

    pace: float = 0.42
    returned: float = 0.05
    declined: float = 0.012
    explains: float = 0.8
    answers: float = 0.5
    steps: float = 0.75  # how often it writes down what it did before it reports


USUAL = Temper()
TEMPERS: dict[str, Temper] = {
    "211103": Temper(pace=0.38, returned=0.04, explains=0.9),
    "211104": Temper(pace=0.3, returned=0.2, declined=0.01, answers=0.35, steps=0.5),  # prompt, but often sent back
    "211122": Temper(pace=0.7, returned=0.07, declined=0.03, explains=0.5, answers=0.8),  # slow
}
TEAM = Temper(pace=0.36, returned=0.03)


def temper_of(county: str | None, joint: bool) -> Temper:
    """The manner of a county, or of an enforcement team beside it."""
    return TEAM if joint else TEMPERS.get(county or "", USUAL)
