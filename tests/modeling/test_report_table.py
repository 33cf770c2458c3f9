"""The result table: one row a tested month and model, shares in per cent, the best candidate marked."""

from datetime import date

from churn_tasks.modeling.report_table import result_table

ROW = {
    "candidate": "lightgbm", "tested_month": date(2024, 6, 1), "is_selected": True, "model_version": 4,
    "customers": 190_844, "churners": 16_082, "churn_rate": 16_082 / 190_844, "warned": 15_228,
    "warned_churners": 11_490, "warned_left_in_delay": 12, "precision": 11_490 / 15_216, "coverage": 11_490 / 16_082,
    "warned_left_before_list": 0, "warned_left_later": 407, "warned_rotated": 0, "precision_in_time": 0.753,
    "coverage_in_time": 0.71, "days_to_leaving_lower": 30.0, "days_to_leaving_median": 41.5,
    "days_to_leaving_upper": 50.25,
    "auc": 0.9123, "average_precision": None, "break_even_precision": 0.73,
}  # fmt: skip


def test_the_reference_month_reads_as_printed() -> None:
    champion = {
        **ROW,
        "candidate": "champion",
        "is_selected": False,
        "model_version": 2,
    }
    table = result_table([ROW, champion])
    assert len(table) == 2
    first, second = table.to_dict("split")["data"]
    assert first[:4] == ["2024-06", "champion v2", 190_844, 16_082]
    assert first[5:11] == [15_228, 0, 12, 11_490, 407, 0]
    shares = [round(100 * share, 1) for share in (first[4], *first[11:13])]
    assert shares == [8.4, 75.5, 71.4]
    assert first[13:18] == [30.0, 41.5, 50.25, 0.753, 0.71]
    assert second[:2] == ["2024-06", "lightgbm v4 *"]
    assert (second[-3], round(100 * second[-1], 1)) == (0.9123, 73.0)
    assert second[-2] is None or second[-2] != second[-2], (
        "no figure where there is none"
    )


def test_nothing_tested_says_so() -> None:
    assert result_table([]).empty


def test_months_come_in_order() -> None:
    earlier = {**ROW, "tested_month": date(2024, 5, 1)}
    assert result_table([ROW, earlier]).iloc[:, 0].tolist() == ["2024-05", "2024-06"]
