-- Of each series and area the newest value about this month or before that was published by the settle day.
SELECT DISTINCT ON (idx_cd, area_cd)
    CASE idx_cd
        WHEN 'OWNP' THEN 'own_price_index' WHEN 'RIVP' THEN 'competitor_price_index'
        WHEN 'RIVC' THEN 'competitor_campaign_count' WHEN 'CONF' THEN 'confidence_index'
        WHEN 'WDAY' THEN 'working_days' WHEN 'HDAY' THEN 'holiday_days'
        ELSE lower(idx_cd)
    END AS series_code,
    CASE area_cd WHEN '00' THEN 'ALL' ELSE 'R' || area_cd END AS region_code,
    (to_date(idx_mon::text || '01', 'YYYYMMDD') + interval '1 month' - interval '1 day')::date AS event_date,
    (pub_tm AT TIME ZONE 'Asia/Shanghai')::date AS known_date,
    idx_val AS value
FROM boss.mkt_index
WHERE to_date(idx_mon::text || '01', 'YYYYMMDD') < $as_of
    AND (pub_tm AT TIME ZONE 'Asia/Shanghai')::date < $known_until
ORDER BY idx_cd, area_cd, idx_mon DESC, pub_tm DESC
