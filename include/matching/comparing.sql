-- What the levels of customer.yaml may ask of two texts.

CREATE OR REPLACE TEMP MACRO one_character_apart(a, b) AS
    (left(a, 1) = left(b, 1) OR right(a, 1) = right(b, 1))
    AND CASE length(a) - length(b)
        WHEN 0 THEN list_sum(list_transform(range(1, length(a) + 1),
            lambda i: CAST(substr(a, i, 1) <> substr(b, i, 1) AS INTEGER))) = 1
        WHEN 1 THEN list_bool_or(list_transform(range(1, length(a) + 1),
            lambda i: left(a, i - 1) || substr(a, i + 1) = b))
        WHEN -1 THEN list_bool_or(list_transform(range(1, length(b) + 1),
            lambda i: left(b, i - 1) || substr(b, i + 1) = a))
        ELSE false END;
