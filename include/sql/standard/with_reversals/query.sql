-- The rows of one month with what becomes of those that take back or are taken back.
SELECT rows_read.* REPLACE (found.reversal AS reversal)
FROM {{read}} AS rows_read
LEFT JOIN {{reversals}} AS found
    ON found.customer_id = rows_read.customer_id
    AND found.item = rows_read.{{item}}
    AND found.document = rows_read.{{document}}
    AND found.amount = rows_read.{{amount}}
    AND found.known_date = rows_read.known_date
