-- Invoice lines of one month. The two files name their columns differently, and both hold 1 to 9 December 2010: each
-- file numbers its equal lines within an invoice (repeat_no), so that a line of both files has one key and is merged,
-- while an article that the till took twice keeps both its lines. Lines without a readable date belong to no month:
-- they come with every month and are set aside there, not lost.
WITH delivered AS (
    SELECT
        1 AS half,
        Invoice AS invoice_id,
        StockCode AS stock_code,
        Description AS description,
        TRY_CAST(Quantity AS BIGINT) AS quantity,
        TRY_CAST(InvoiceDate AS TIMESTAMP) AS event_at,
        TRY_CAST(Price AS DECIMAL(18, 4)) AS unit_price_gbp,
        CAST("Customer ID" AS VARCHAR) AS customer_id,
        Country AS country
    FROM lines_2009
    UNION ALL
    SELECT
        2,
        InvoiceNo,
        StockCode,
        Description,
        TRY_CAST(Quantity AS BIGINT),
        TRY_CAST(InvoiceDate AS TIMESTAMP),
        TRY_CAST(UnitPrice AS DECIMAL(18, 4)),
        CAST(CustomerID AS VARCHAR),
        Country
    FROM lines_2010
),

standard AS (
    SELECT
        half,
        upper(trim(invoice_id)) AS invoice_id,
        upper(trim(stock_code)) AS stock_code,
        nullif(trim(description), '') AS description,
        quantity,
        event_at,
        unit_price_gbp,
        nullif(regexp_replace(trim(customer_id), '\.0$', ''), '') AS customer_id,
        trim(country) AS country
    FROM delivered
    WHERE (event_at >= $month AND event_at < $as_of AND CAST(event_at AS DATE) < $known_until)
        OR event_at IS NULL
)

SELECT
    invoice_id,
    stock_code,
    row_number() OVER (
        PARTITION BY half, invoice_id, stock_code, event_at, quantity, unit_price_gbp, customer_id
        ORDER BY description, country
    ) AS repeat_no,
    event_at,
    CAST(event_at AS DATE) AS event_date,
    CAST(event_at AS DATE) AS known_date,
    customer_id,
    description,
    quantity,
    unit_price_gbp,
    country,
    starts_with(invoice_id, 'C') AS is_cancellation,
    regexp_matches(stock_code, '^([0-9]{5}|DCGS|PADS|SP[0-9])') AS is_article
FROM standard
