"""The geometry of bar charts."""

from __future__ import annotations

import pytest

from kb.chart import HEIGHT, bar_chart, round_up


@pytest.mark.parametrize(
    ("number", "top"), [(0, 1), (1, 1), (3, 4), (5, 5), (6, 10), (11, 20), (41, 50), (500, 500), (999, 1000)]
)
def test_the_axis_ends_at_a_number_that_reads_well(number: int, top: int) -> None:
    assert round_up(number) == top


def test_stacked_bars_stand_on_each_other_and_fill_their_place() -> None:
    chart = bar_chart(["Mon", "Tue"], (("Good", [2, 0]), ("Bad", [2, 1])), stacked=True)
    assert chart.top == 4 and chart.series == ("Good", "Bad")
    good, bad, alone = chart.bars  # nothing is drawn for 0
    assert (good.y, good.height) == (HEIGHT / 2, HEIGHT / 2) and (bad.y, bad.height) == (0, HEIGHT / 2)
    assert good.x == bad.x and alone.x == good.x + 50 and alone.y + alone.height == HEIGHT
    assert good.tip == "Mon: 2 good"


def test_bars_side_by_side_do_not_touch_the_next_place() -> None:
    first, second = bar_chart(["Mon"], (("A", [1]), ("B", [3]))).bars
    assert first.x + first.width == pytest.approx(second.x) and second.x + second.width < 100
    assert second.height == HEIGHT * 3 / 4


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 7, 53])
def test_labels_are_few_and_end_inside(count: int) -> None:
    names = [str(number) for number in range(count)]
    labels = bar_chart(names, (("A", [1] * count),)).labels
    assert len(labels) == min(count, 4) and all(0 <= label.x <= 100 for label in labels)
    if count > 1:
        assert (labels[0].text, labels[0].anchor) == ("0", "start") and (labels[-1].text, labels[-1].anchor) == (
            names[-1],
            "end",
        )
