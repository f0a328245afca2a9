"""Bar charts as plain geometry: heights in pixels, places across in percent, so that text keeps its size on any screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

HEIGHT = 160  # pixels of the bars' ground
_GAP = 0.25  # share of a place that stays empty
_MOST_LABELS = 4


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar."""

    series: int  # from 0
    x: float  # percent
    width: float  # percent
    y: float  # pixels from the top
    height: float  # pixels
    tip: str  # what it says


@dataclass(frozen=True, slots=True)
class Label:
    """A name below the bars."""

    x: float  # percent
    anchor: Literal["start", "middle", "end"]
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart as it is drawn."""

    series: tuple[str, ...]
    bars: tuple[Bar, ...]
    labels: tuple[Label, ...]
    top: int  # what the upper line stands for


def bar_chart(names: Sequence[str], series: Sequence[tuple[str, Sequence[int]]], *, stacked: bool = False) -> Chart:
    """A chart with a place for each name. series: (name, a number for each place). stacked: on top of each other."""
    columns = list(zip(*(numbers for _, numbers in series), strict=True))
    top = round_up(max((sum(column) if stacked else max(column) for column in columns), default=0))
    place = 100 / max(1, len(names))
    width = place * (1 - _GAP) / (1 if stacked else len(series))
    bars = []
    for number, column in enumerate(columns):
        start, below = number * place + place * _GAP / 2, 0.0
        for which, value in enumerate(column):
            height = HEIGHT * value / top
            x = start if stacked else start + which * width
            if value:
                tip = f"{names[number]}: {value} {series[which][0].lower()}"
                bars.append(
                    Bar(which, round(x, 3), round(width, 3), round(HEIGHT - below - height, 2), round(height, 2), tip)
                )
            below += height if stacked else 0
    return Chart(tuple(name for name, _ in series), tuple(bars), _labels(names, place), top)


def round_up(number: int) -> int:
    """The next number that reads well on an axis: 1, 2, 4, 5 or 10 times a power of ten; at least 1."""
    power = 1
    while True:
        for step in (1, 2, 4, 5):
            if step * power >= number:
                return step * power
        power *= 10


def _labels(names: Sequence[str], place: float) -> tuple[Label, ...]:
    """Names of the first and the last place, and of some between."""
    last = len(names) - 1
    count = min(len(names), _MOST_LABELS)
    shown = sorted({round(last * number / max(1, count - 1)) for number in range(count)})
    found = []
    for number in shown:
        if last > 0 and number in (0, last):
            found.append(Label(0 if number == 0 else 100, "start" if number == 0 else "end", names[number]))
        else:
            found.append(Label(round((number + 0.5) * place, 3), "middle", names[number]))
    return tuple(found)
