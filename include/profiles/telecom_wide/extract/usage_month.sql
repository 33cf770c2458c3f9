-- One month of a file that is wide: <measure>_6 is June 2014, <measure>_9 September. Each month's columns get the same
-- names, then the month asked for is kept. A blank means that the customer did not use the service in the month, so it
-- counts as 0; text that is no number becomes NULL and is set aside by the row rules.
-- aon (days on network) is counted to the day of the file for everybody, so it becomes the day of joining, which has
-- no such later knowledge in it. Sums of a month are known on the first day after it.
WITH by_month AS (
    SELECT
        mobile_number,
        aon,
        circle_id,
        DATE '2014-06-01' AS month_start,
        coalesce(nullif(trim(jun_vbc_3g), ''), '0') AS vbc_3g,
        coalesce(nullif(trim(COLUMNS('^(.*)_6$')), ''), '0') AS '\1'
    FROM usage_wide
    UNION ALL BY NAME
    SELECT
        mobile_number,
        aon,
        circle_id,
        DATE '2014-07-01' AS month_start,
        coalesce(nullif(trim(jul_vbc_3g), ''), '0') AS vbc_3g,
        coalesce(nullif(trim(COLUMNS('^(.*)_7$')), ''), '0') AS '\1'
    FROM usage_wide
    UNION ALL BY NAME
    SELECT
        mobile_number,
        aon,
        circle_id,
        DATE '2014-08-01' AS month_start,
        coalesce(nullif(trim(aug_vbc_3g), ''), '0') AS vbc_3g,
        coalesce(nullif(trim(COLUMNS('^(.*)_8$')), ''), '0') AS '\1'
    FROM usage_wide
    UNION ALL BY NAME
    SELECT
        mobile_number,
        aon,
        circle_id,
        DATE '2014-09-01' AS month_start,
        coalesce(nullif(trim(sep_vbc_3g), ''), '0') AS vbc_3g,
        coalesce(nullif(trim(COLUMNS('^(.*)_9$')), ''), '0') AS '\1'
    FROM usage_wide
)

SELECT
    mobile_number AS customer_number,
    mobile_number AS phone_number,
    $as_of - 1 AS event_date,
    $as_of AS known_date,
    circle_id,
    DATE '2014-09-30' - TRY_CAST(round(TRY_CAST(aon AS DOUBLE)) AS INTEGER) AS joined_date,
    TRY_CAST(arpu AS DECIMAL(18, 4)) AS revenue_inr,
    TRY_CAST(total_og_mou AS DECIMAL(18, 4)) AS voice_out_min,
    TRY_CAST(total_ic_mou AS DECIMAL(18, 4)) AS voice_in_min,
    TRY_CAST(onnet_mou AS DECIMAL(18, 4)) AS on_net_out_min,
    TRY_CAST(offnet_mou AS DECIMAL(18, 4)) AS off_net_out_min,
    TRY_CAST(loc_og_mou AS DECIMAL(18, 4)) AS local_out_min,
    TRY_CAST(loc_ic_mou AS DECIMAL(18, 4)) AS local_in_min,
    TRY_CAST(std_og_mou AS DECIMAL(18, 4)) AS long_distance_out_min,
    TRY_CAST(std_ic_mou AS DECIMAL(18, 4)) AS long_distance_in_min,
    TRY_CAST(isd_og_mou AS DECIMAL(18, 4)) AS international_out_min,
    TRY_CAST(roam_og_mou AS DECIMAL(18, 4)) AS roaming_out_min,
    TRY_CAST(roam_ic_mou AS DECIMAL(18, 4)) AS roaming_in_min,
    TRY_CAST(loc_og_t2c_mou AS DECIMAL(18, 4)) AS call_centre_min,
    TRY_CAST(total_rech_num AS INTEGER) AS recharge_count,
    TRY_CAST(total_rech_amt AS DECIMAL(18, 4)) AS recharge_inr,
    TRY_CAST(max_rech_amt AS DECIMAL(18, 4)) AS largest_recharge_inr,
    TRY_CAST(last_day_rch_amt AS DECIMAL(18, 4)) AS last_day_recharge_inr,
    CAST(try_strptime(nullif(date_of_last_rech, '0'), '%m/%d/%Y') AS DATE) AS last_recharge_date,
    TRY_CAST(total_rech_data AS INTEGER) AS data_recharge_count,
    TRY_CAST(av_rech_amt_data AS DECIMAL(18, 4)) AS data_recharge_inr,
    CAST(try_strptime(nullif(date_of_last_rech_data, '0'), '%m/%d/%Y') AS DATE) AS last_data_recharge_date,
    TRY_CAST(vol_2g_mb AS DECIMAL(18, 4)) AS data_2g_mb,
    TRY_CAST(vol_3g_mb AS DECIMAL(18, 4)) AS data_3g_mb,
    TRY_CAST(vbc_3g AS DECIMAL(18, 4)) AS data_outside_pack_mb,
    TRY_CAST(monthly_2g AS INTEGER) + TRY_CAST(monthly_3g AS INTEGER) AS monthly_pack_count,
    TRY_CAST(sachet_2g AS INTEGER) + TRY_CAST(sachet_3g AS INTEGER) AS sachet_pack_count
FROM by_month
WHERE month_start = $month
