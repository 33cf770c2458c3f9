-- Whether the text columns hold anything that has to be looked at value by value.
SELECT
    {{signs}}
FROM {{rows}}
