"""SQL for the lines of a month: the records that are compared, the links between them, and what each line is then.

Named here in the order of use. Temp tables: ``match_records`` and ``match_scored`` of :mod:`scoring`, ``match_lines``
(every line known), ``match_links`` (every pair to be judged) and ``match_persons`` (line to person).
"""

from collections.abc import Iterable, Sequence

from churn_tasks.integrate.matching.plan import Guard, MatchingPlan
from churn_tasks.integrate.matching.scoring import PAIRS, RECORDS


def records_sql(columns: Sequence[str]) -> str:
    """The latest record of each line within ``$from_month`` to ``$month``, as known by then; gone lines too."""
    given = ", ".join(f'"{name}"' for name in columns)
    latest = ", ".join(
        f'"{name}" DESC' for name in ("month", "event_date", "known_date", *columns)
    )
    return (
        f"SELECT {given}, month AS seen_month FROM clean_customer"
        " WHERE month >= $from_month AND month <= $month AND event_date < $as_of AND known_date < $known_until"
        f" QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY {latest}) = 1"
    )


def lines_sql(columns: Iterable[str]) -> str:
    """Every line known: those of ``match_source`` (this month's records and a few months back), and earlier ones."""
    there = set(columns)
    opened = "joined_date" if "joined_date" in there else "NULL::DATE"
    closed = (
        "coalesce(service_status = 'closed', false)"
        if "service_status" in there
        else "false"
    )
    return (
        f"SELECT customer_id, {opened} AS opened_date, seen_month,"
        f" seen_month = $month AND NOT {closed} AS is_current,"
        f" CASE WHEN {closed} THEN event_date WHEN seen_month < $month"
        " THEN CAST(seen_month + INTERVAL 1 MONTH AS DATE) END AS ended_date FROM match_source"
        " UNION ALL BY NAME SELECT customer_id, opened_date, seen_month, false AS is_current,"
        " coalesce(ended_date, CAST(seen_month + INTERVAL 1 MONTH AS DATE)) AS ended_date FROM customer_line"
        " WHERE month = $before AND customer_id NOT IN (SELECT customer_id FROM match_source)"
    )


def evidence_sql(plan: MatchingPlan, language: str) -> str:
    """What agrees and what differs, level by level, in words; a value that is not known is passed over."""
    said = []
    for comparison in plan.compare:
        words = [getattr(level, language) for level in reversed(comparison.levels)]
        cases = " ".join(
            f"WHEN {number} THEN '{_quoted(word)}'" for number, word in enumerate(words)
        )
        said.append(f'CASE "level_{comparison.name}" {cases} END')
    separator = "; " if language == "en" else "；"
    return (
        f"concat_ws('{separator}', {', '.join(said)})"
        if said
        else "CAST(NULL AS VARCHAR)"
    )


def guard_sql(guards: Iterable[Guard], plan: MatchingPlan) -> str:
    """The name of the first of these guards that a pair runs into, NULL for none."""
    cases = []
    for guard in guards:
        at = [_at(plan, name, labels) for name, labels in guard.when.items()]
        spared = (
            " OR ".join(
                _at(plan, name, labels) for name, labels in guard.unless.items()
            )
            or "false"
        )
        cases.append(f"WHEN {' AND '.join(at)} AND NOT ({spared}) THEN '{guard.name}'")
    return f"CASE {' '.join(cases)} END" if cases else "CAST(NULL AS VARCHAR)"


def _at(plan: MatchingPlan, name: str, labels: Iterable[str]) -> str:
    """Whether a pair is at one of these levels; false when the comparison is not known."""
    numbers = ", ".join(str(plan.comparison(name).number(label)) for label in labels)
    return f'coalesce("level_{name}" IN ({numbers}), false)'


def _compared_sql(plan: MatchingPlan) -> str:
    """The pairs compared this month, with the guard that holds them back and the evidence in words."""
    return (
        "SELECT customer_id_a, customer_id_b, probability,"
        f" CASE WHEN probability >= $lower THEN {guard_sql(plan.guards, plan)}"
        f" ELSE {guard_sql(plan.ask, plan)} END AS guard,"
        f" {evidence_sql(plan, 'en')} AS evidence, {evidence_sql(plan, 'zh')} AS evidence_zh FROM {PAIRS}"
    )


def links_sql(plan: MatchingPlan) -> str:
    """Every pair to be judged, with what the month before and people made of it.

    Compared now at ``$lower`` or above, or of the kind that is always asked about; merged before while one record is no
    longer there to be compared; or decided.
    """
    return f"""
    WITH compared AS ({_compared_sql(plan)}),
    earlier AS (
        SELECT * EXCLUDE (month) FROM match_pair WHERE month = $before
    ),
    decided AS (
        SELECT customer_id_a, customer_id_b, decision, revision FROM review_decision
        WHERE month = $month AND customer_id_a IN (SELECT customer_id FROM match_lines)
            AND customer_id_b IN (SELECT customer_id FROM match_lines)
    ),
    gone AS (
        SELECT customer_id FROM match_lines WHERE customer_id NOT IN (SELECT customer_id FROM {RECORDS})
    )
    SELECT customer_id_a, customer_id_b, coalesce(compared.probability, earlier.probability, 0) AS probability,
        compared.guard, coalesce(earlier.verdict = 'merged', false) AS was_merged,
        decided.decision, coalesce(decided.revision, 0) AS revision,
        coalesce(compared.evidence, earlier.evidence) AS evidence,
        coalesce(compared.evidence_zh, earlier.evidence_zh) AS evidence_zh,
        CASE WHEN compared.probability IS NULL THEN coalesce(earlier.compared_month, $month)
            ELSE $month END AS compared_month
    FROM compared FULL JOIN earlier USING (customer_id_a, customer_id_b)
    FULL JOIN decided USING (customer_id_a, customer_id_b)
    WHERE decided.decision IS NOT NULL OR compared.probability >= $lower OR compared.guard IS NOT NULL
        OR (earlier.verdict = 'merged' AND compared.probability IS NULL
            AND (customer_id_a IN (SELECT customer_id FROM gone) OR customer_id_b IN (SELECT customer_id FROM gone)))
    """


def customer_line_sql() -> str:
    """The table ``customer_line`` from ``match_lines`` and ``match_persons``; ``$rotation_days`` 0: no successors."""
    return """
    WITH line AS (
        SELECT known.*, coalesce(named.person_id, 'P' || known.customer_id) AS person_id
        FROM match_lines AS known LEFT JOIN match_persons AS named ON named.customer_id = known.customer_id
    ),
    shared AS (
        SELECT * FROM line WHERE person_id IN (SELECT person_id FROM line GROUP BY person_id HAVING count(*) > 1)
    ),
    successor AS (
        SELECT ended.customer_id, other.customer_id AS successor_id
        FROM shared AS ended INNER JOIN shared AS other
            ON other.person_id = ended.person_id AND other.customer_id <> ended.customer_id
            AND abs(date_diff('day', ended.ended_date, other.opened_date)) <= $rotation_days
        WHERE $rotation_days > 0 AND other.is_current AND other.opened_date > ended.opened_date
        QUALIFY row_number() OVER (PARTITION BY ended.customer_id ORDER BY
            abs(date_diff('day', ended.ended_date, other.opened_date)), other.opened_date, other.customer_id) = 1
    )
    SELECT line.*, successor.successor_id,
        row_number() OVER (PARTITION BY person_id
            ORDER BY is_current DESC, opened_date NULLS LAST, line.customer_id) = 1 AS is_primary,
        CAST(sum(CAST(is_current AS INTEGER)) OVER (PARTITION BY person_id) AS BIGINT) AS line_count
    FROM line LEFT JOIN successor ON successor.customer_id = line.customer_id
    """


def _quoted(text: str) -> str:
    return text.replace("'", "''")
