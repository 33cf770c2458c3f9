"""The small charts: every point in its place, a stopped month cut off, nothing that a browser would run."""

import re

from churn_tasks.checks.small_chart import HEIGHT, TOP, Point, small_chart


def heights(svg: str) -> list[float]:
    return [float(y) for y in re.findall(r'cy="([0-9.]+)"', svg)]


def test_points_bands_and_outcomes() -> None:
    calm = [
        Point(f"2024-0{month}", 10 + month, usual=(8, 20), allowed=(4, 40))
        for month in range(1, 5)
    ]
    svg = small_chart(
        [*calm, Point("2024-05", 22, usual=(8, 20), allowed=(4, 40), outcome="warn")]
    )
    assert svg.count("<circle") == 5 and svg.count("<rect") == 5
    assert "<title>2024-05: 22; usual 8 … 20; allowed 4 … 40</title>" in svg
    assert heights(svg) == sorted(heights(svg), reverse=True)  # rising values
    assert "<script" not in svg and "href" not in svg


def test_a_stopped_month_does_not_flatten_the_others() -> None:
    """Negative control: drawn to scale, the other months would lie within a pixel of each other."""
    calm = [
        Point(f"2024-0{month}", 10 + month % 2, usual=(8, 13)) for month in range(1, 5)
    ]
    found = heights(
        small_chart([*calm, Point("2024-05", 5_000, usual=(8, 13), outcome="stop")])
    )
    assert found[-1] == TOP
    assert max(found[:-1]) - min(found[:-1]) > 3
    assert (11 - 10) / (5_000 - 8) * HEIGHT < 0.1


def test_a_measure_that_never_moves_and_one_month_alone_can_be_drawn() -> None:
    assert heights(small_chart([Point("2024-01", 0.0), Point("2024-02", 0.0)]))[0] > TOP
    assert small_chart([Point("2024-01", 7.0, outcome="stop")]).count("<circle") == 1
