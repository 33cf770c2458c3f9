-- The columns that the models of a month learnt from, those that add most first.
SELECT
    feature,
    auc,
    gain
FROM feature_selection
WHERE month = $trained AND is_kept
ORDER BY place NULLS LAST, feature
