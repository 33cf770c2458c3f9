-- Gives whatever its table has, and does not say so.
SELECT *
FROM match_lines
