-- The version in force at the end of the month, as far as it was entered by the settle day. Subscribers who were
-- gone before the month began are left out. Where a shop wrote the region's name, it is delivered as it stands.
SELECT *
FROM (
    SELECT DISTINCT ON (subs_id)
        subs_id::text AS customer_id,
        (eff_tm AT TIME ZONE 'Asia/Shanghai')::date AS event_date,
        (rec_tm AT TIME ZONE 'Asia/Shanghai')::date AS known_date,
        msisdn AS phone_number,
        id_no AS identity_number,
        cust_nm AS customer_name,
        addr AS address_text,
        CASE sex_cd WHEN '1' THEN 'male' WHEN '2' THEN 'female' END AS gender,
        birth_yr::bigint AS birth_year,
        CASE WHEN area_cd ~ '^[0-9]{2}$' THEN 'R' || area_cd ELSE area_cd END AS region_code,
        'R' || left(cnty_cd, 2) || 'C' || right(cnty_cd, 2)::int AS city_code,
        CASE seg_cd
            WHEN 'PER' THEN 'individual' WHEN 'FAM' THEN 'family' WHEN 'CMP' THEN 'campus' WHEN 'GRP' THEN 'corporate'
        END AS customer_group,
        CASE vip_lvl WHEN 1 THEN 'A' WHEN 2 THEN 'B' WHEN 3 THEN 'C' WHEN 4 THEN 'D' END AS key_account_class,
        CASE pay_typ WHEN '0' THEN 'prepaid' WHEN '1' THEN 'postpaid' ELSE 'unknown_' || pay_typ END AS pay_mode,
        prod_id AS plan_code,
        round(rent_fen / 100.0, 2)::double precision AS plan_fee_cny,
        net_typ || 'G' AS network_type,
        open_dt AS joined_date,
        CASE sts_cd WHEN 'A' THEN 'active' WHEN 'S' THEN 'suspended' WHEN 'X' THEN 'closed' END AS service_status
    FROM boss.subs_his
    WHERE (eff_tm AT TIME ZONE 'Asia/Shanghai')::date < $as_of
        AND (rec_tm AT TIME ZONE 'Asia/Shanghai')::date < $known_until
    ORDER BY subs_id, eff_tm DESC, ver_no DESC
) AS latest
WHERE service_status <> 'closed' OR event_date >= $month
