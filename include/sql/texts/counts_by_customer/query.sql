-- What was read of the texts of a month, summed up to a row a customer.
SELECT
    customer_id,
    count(*) AS text_count,
    {{classes}},
    sum(positive) AS positive_points,
    sum(negative) AS negative_points,
    min(tone) AS lowest_tone_ratio,
    arg_max(tone, place) FILTER (WHERE tone IS NOT NULL) AS last_tone_ratio,
    sum(characters) AS character_count,
    max(event_date) AS last_text_date,
    max(event_date) FILTER (WHERE list_contains(classes, 'leaving')) AS last_leaving_date
FROM readings
GROUP BY customer_id
