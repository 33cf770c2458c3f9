-- Late rows as they were counted in the source; a day that cannot be read stays empty.
SELECT
    late_month,
    table_name,
    late_rows,
    TRY_CAST(known_from AS DATE) AS known_from,
    TRY_CAST(known_to AS DATE) AS known_to
FROM counted_rows
