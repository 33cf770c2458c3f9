-- What becomes of the lines that take an amount back, and of those that they take back.
-- A reversal cancels one line of the same customer, item and size that was known when it was made: both stay, and come to
-- nothing together. Under one number they would pass for versions of one row.
-- What is left of a document that takes back only is a credit note of the month as far as what the month had charged by
-- then covers it, and else speaks of another month. A line that takes back on a bill that charges stays a posting error.
WITH line AS (
    SELECT DISTINCT
        customer_id,
        {{item}} AS item,
        {{document}} AS document,
        {{amount}} AS amount,
        known_date,
        {{cancels}} AS cancels,
        {{takes_back}} AS takes_back
    FROM {{read}}
    WHERE {{amount}} <> 0
        AND customer_id IN (SELECT customer_id FROM {{read}} WHERE {{takes_back}})
),

candidate AS (
    SELECT
        back.customer_id,
        back.item,
        back.amount,
        back.document,
        back.known_date,
        charged.document AS charged_document,
        charged.known_date AS charged_known_date,
        dense_rank() OVER (of_one_size ORDER BY back.known_date, back.document) AS nth_back,
        dense_rank() OVER (of_one_size ORDER BY charged.known_date, charged.document) AS nth_charged
    FROM line AS back
    INNER JOIN line AS charged
        ON charged.customer_id = back.customer_id AND charged.item = back.item AND charged.amount = -back.amount
    WHERE back.takes_back AND NOT charged.takes_back
        AND charged.known_date <= back.known_date
        AND CASE
            WHEN back.cancels IS NOT NULL THEN charged.document = back.cancels
            ELSE charged.document NOT IN (SELECT cancels FROM line WHERE takes_back AND cancels IS NOT NULL)
        END
    WINDOW of_one_size AS (PARTITION BY back.customer_id, back.item, back.amount, back.cancels)
),

pair AS (
    SELECT *, document = charged_document AS has_one_document FROM candidate WHERE nth_back = nth_charged
),

cancelled AS (
    SELECT customer_id, item, document, amount, known_date, has_one_document FROM pair
    UNION ALL
    SELECT customer_id, item, charged_document, -amount, charged_known_date, has_one_document FROM pair
),

judged AS (
    SELECT
        line.*,
        cancelled.customer_id IS NOT NULL AS is_cancelled,
        cancelled.has_one_document,
        bool_and(line.takes_back) OVER (PARTITION BY line.customer_id, line.document) AS takes_back_only,
        CASE WHEN line.takes_back THEN -sign(line.amount) ELSE sign(line.amount) END AS side
    FROM line
    LEFT JOIN cancelled USING (customer_id, item, document, amount, known_date)
),

weighed AS (
    SELECT
        *,
        bool_or(NOT takes_back AND NOT is_cancelled) OVER of_the_month AS is_charged,
        coalesce(sum(abs(amount)) FILTER (NOT takes_back AND NOT is_cancelled) OVER so_far, 0) AS charged,
        coalesce(sum(abs(amount)) FILTER (takes_back AND takes_back_only AND NOT is_cancelled) OVER so_far, 0) AS taken_back,
        cancels IS NOT NULL AND cancels NOT IN (SELECT document FROM line WHERE NOT takes_back) AS names_another_month
    FROM judged
    WINDOW
        of_the_month AS (PARTITION BY customer_id, side),
        so_far AS (PARTITION BY customer_id, side ORDER BY known_date)
)

SELECT
    customer_id,
    item,
    document,
    amount,
    known_date,
    CASE
        WHEN has_one_document THEN 'one_document'
        WHEN is_cancelled THEN 'cancelled'
        WHEN names_another_month THEN 'other_month'
        WHEN takes_back_only AND taken_back <= charged THEN 'credit'
        WHEN takes_back_only AND is_charged THEN 'other_month'
    END AS reversal
FROM weighed
WHERE is_cancelled OR takes_back
