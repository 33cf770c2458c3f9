-- Each spelling of one column once.
SELECT DISTINCT {{column}} AS delivered
FROM {{rows}}
