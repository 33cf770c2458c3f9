-- Which of the operator's customers the customer was in touch with over the window have left by as_of: closed, as the
-- month knew it, or active in an earlier month of the window and not in the latest. Who has only moved to another line
-- of his own has not left.
WITH pair AS (
    SELECT
        customer_id,
        contact_id,
        sum(contact_count) AS contact_count,
        bool_or(month = $month) AS is_latest,
        bool_or(month < $month) AS is_earlier
    FROM month_contact
    WHERE month >= $observe_start AND month < $as_of
    GROUP BY customer_id, contact_id
),

active AS (
    SELECT
        customer_id,
        max(month) AS last_active_month
    FROM month_activity
    WHERE month >= $observe_start AND month < $as_of AND is_active
    GROUP BY customer_id
),

moved AS (
    SELECT customer_id
    FROM customer_line
    WHERE month = $month AND successor_id IS NOT NULL
),

held AS (
    SELECT
        customer_id,
        has_left,
        service_status
    FROM month_profile
    WHERE month = $month
),

contact AS (
    SELECT
        coalesce(active.customer_id, held.customer_id) AS contact_id,
        coalesce(held.has_left, false) OR coalesce(active.last_active_month < $month, false) AS is_gone,
        coalesce(date_diff('month', active.last_active_month, $month) = 1, false) AS was_active_before,
        coalesce(held.service_status = 'suspended', false) AS is_suspended
    FROM active
    FULL JOIN held ON held.customer_id = active.customer_id
),

known AS (
    SELECT
        pair.*,
        CAST(coalesce(contact.is_gone AND moved.customer_id IS NULL, false) AS INTEGER) AS has_left,
        CAST(coalesce(contact.was_active_before AND moved.customer_id IS NULL, false) AS INTEGER) AS left_lately,
        CAST(coalesce(contact.is_suspended, false) AS INTEGER) AS is_suspended,
        row_number() OVER (PARTITION BY pair.customer_id ORDER BY pair.contact_count DESC, pair.contact_id) AS place
    FROM pair
    LEFT JOIN contact ON contact.contact_id = pair.contact_id
    LEFT JOIN moved ON moved.customer_id = pair.contact_id
),

circle AS (
    SELECT
        customer_id,
        count(*) AS known_count,
        sum(contact_count) AS contact_count,
        sum(has_left) AS left_count,
        sum(left_lately) AS left_lately_count,
        sum(has_left * contact_count) AS left_contact_count,
        sum(is_suspended) AS suspended_count,
        max(has_left) FILTER (WHERE place = 1) AS closest_has_left,
        count(*) FILTER (WHERE is_earlier) AS earlier_count,
        count(*) FILTER (WHERE is_earlier AND is_latest) AS kept_count,
        count(*) FILTER (WHERE is_latest) AS latest_count,
        max(contact_count) AS closest_contact_count
    FROM known
    GROUP BY customer_id
)

SELECT
    cohort.customer_id,
    coalesce(circle.known_count, 0) AS circle_window_count,
    coalesce(circle.left_count, 0) AS circle_left_count,
    coalesce(circle.left_lately_count, 0) AS circle_left_lately_count,
    circle.left_count / nullif(circle.known_count, 0) AS circle_left_share,
    circle.left_contact_count / nullif(circle.contact_count, 0) AS circle_left_contact_share,
    circle.closest_has_left AS is_closest_contact_gone,
    circle.suspended_count / nullif(circle.known_count, 0) AS circle_suspended_share,
    -- of those in touch in earlier months, who still is; of those in touch in the latest, who was not before
    circle.kept_count / nullif(circle.earlier_count, 0) AS circle_kept_share,
    (circle.latest_count - circle.kept_count) / nullif(circle.latest_count, 0) AS circle_new_share,
    circle.closest_contact_count / nullif(circle.contact_count, 0) AS circle_closest_share
FROM cohort
LEFT JOIN circle ON circle.customer_id = cohort.customer_id
WHERE cohort.month = $month
