"""What takes one place on the list: a line, or a person with all lines (B5).

For ``customer`` each person is represented by the line with the highest expected loss; a list of 5 % then holds 5 % of
the persons, and nobody is called twice about two numbers.
"""

from collections.abc import Mapping
from datetime import date

import pandas as pd

from churn_tasks.core.sections import WarningList
from churn_tasks.declared.query import load_question
from churn_tasks.declared.sql_engine import SqlEngine
from churn_tasks.warning.capacity import highest, list_size
from churn_tasks.warning.priority import expected_loss


def lines_of_persons(engine: SqlEngine, parameters: Mapping[str, date]) -> pd.DataFrame:
    """Customer, person, number of lines, ARPU of the line and of the person, for each line of the cohort."""
    question = load_question("warning", "lines_of_persons")
    engine.views(*question.output.reads, *question.output.optional)
    asked = {name: parameters[name] for name in question.output.params}
    return engine.frame(question.sql, asked)


def places(lines: pd.DataFrame, limits: WarningList) -> int:
    """Places on the list of a cohort with these lines."""
    takers = len(lines)
    if limits.one_row_per == "customer":
        takers = lines["person_id"].nunique()
    return list_size(limits, takers)


def chosen(
    scores: pd.DataFrame, lines: pd.DataFrame, limits: WarningList
) -> pd.DataFrame:
    """The lines that stand on the list, highest first by what the settings choose by; where nothing is paid by score.

    Args:
        scores: ``customer_id`` and ``churn_score``, one row a line of the cohort.
        lines: what :func:`lines_of_persons` gives.
    """
    by_score = limits.by == "score"
    if by_score and limits.one_row_per == "line":
        return highest(scores, places(lines, limits))
    persons = lines[["customer_id", "person_id", "arpu_cny"]]
    scored = scores.merge(persons, on="customer_id", validate="one_to_one")
    scored["loss"] = expected_loss(scored["churn_score"], scored["arpu_cny"])
    dearest_first = scored.sort_values(
        ["loss", "churn_score", "customer_id"],
        ascending=[False, False, True],
        kind="stable",
    )
    if limits.one_row_per == "customer":
        dearest_first = dearest_first.drop_duplicates("person_id")
    taking = dearest_first[["customer_id", "churn_score"]]
    if by_score:
        return highest(taking, places(lines, limits))
    return taking.head(places(lines, limits)).reset_index(drop=True)
