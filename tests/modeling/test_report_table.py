"""The result table: one row a tested month and model, shares in per cent, the best candidate marked."""

from datetime import date

from churn_tasks.modeling.report_table import result_markdown, result_table

ROW = {
    "candidate": "lightgbm", "tested_month": date(2024, 6, 1), "is_selected": True, "model_version": 4,
    "customers": 190_844, "churners": 16_082, "churn_rate": 16_082 / 190_844, "warned": 15_228,
    "warned_churners": 11_490, "warned_left_in_delay": 12, "precision": 11_490 / 15_228, "coverage": 11_490 / 16_082,
    "auc": 0.9123, "average_precision": None, "break_even_precision": 0.73,
}  # fmt: skip


def test_the_reference_month_reads_as_printed() -> None:
    champion = {
        **ROW,
        "candidate": "champion",
        "is_selected": False,
        "model_version": 2,
    }
    lines = result_markdown([ROW, champion]).splitlines()
    assert len(lines) == 4
    assert lines[2].startswith(
        "| 2024-06 | champion v2 | 190,844 | 16,082 | 8.4% | 15,228 | 11,490 | 12 | 75.5% | 71.4% |"
    )
    assert lines[3].startswith("| 2024-06 | lightgbm v4 * |")
    assert lines[3].endswith("| 0.9123 | - | 73.0% |")


def test_nothing_tested_says_so() -> None:
    assert "No month has been tested yet" in result_markdown([])


def test_months_come_in_order() -> None:
    earlier = {**ROW, "tested_month": date(2024, 5, 1)}
    assert result_table([ROW, earlier]).iloc[:, 0].tolist() == ["2024-05", "2024-06"]
