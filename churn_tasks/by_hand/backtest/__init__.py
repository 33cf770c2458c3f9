"""``churn backtest``: past months as they would have gone, without touching registry, promotions or lists."""
