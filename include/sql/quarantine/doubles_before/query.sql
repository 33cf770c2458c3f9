-- The keys that stand in both; the few late ones are looked up while those before pass by.
SELECT DISTINCT {{key}}
FROM {{before}}
SEMI JOIN late_clean USING ({{key}})
