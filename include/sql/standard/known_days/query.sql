-- When a row became known, when the last of what it says did, and the first of these days that cannot be read.
SELECT
    {{known_date}} AS known_date,
    {{latest}} AS known,
    {{unreadable}} AS unreadable,
    {{value}} AS value
FROM {{read}} AS raw
