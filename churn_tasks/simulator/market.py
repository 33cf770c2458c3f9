"""What the operator buys or reads about its market, month by month: prices, rivals' campaigns, mood and calendar."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from churn_tasks.core.months import Month
from churn_tasks.simulator import codes
from churn_tasks.simulator.clock import DAY_S, Array, Clock

EVERYWHERE = "00"
CAMPAIGNS_A_MONTH = 0.8  # of rivals, in a region
PULL_OF_A_CAMPAIGN = 0.08  # by which each makes leaving likelier
PULL_OF_PRICE = 1.5  # power of our prices over theirs
PUBLISHED_AFTER_DAYS = {
    "OWNP": 1,
    "RIVP": 3,
    "RIVC": 2,
    "CONF": 18,
    "WDAY": -90,
    "HDAY": -90,
}  # the month's end


@dataclass(frozen=True)
class Market:
    """Series by month (rows) and, but for the mood and our own prices, by region (columns); 100 at the start.

    Attributes:
        own_price: price level of our tariffs.
        rival_price: price level of the cheapest rival.
        campaigns: campaigns that rivals ran.
        confidence: how consumers see the economy.
    """

    own_price: Array
    rival_price: Array
    campaigns: Array
    confidence: Array

    def hazard(self, k: int, region: Array) -> Array:
        """How much likelier the people of a region are to leave than those of another."""
        price = (self.own_price[k] / self.rival_price[k]) ** PULL_OF_PRICE
        return ((1 + PULL_OF_A_CAMPAIGN * self.campaigns[k]) * price)[region]


def plan_market(clock: Clock, months: int) -> Market:
    """Random walks of prices and mood; rivals campaign more when people are restless anyway."""
    chance, regions = clock.chance("market"), len(codes.REGIONS)
    season = np.array([codes.SEASON[clock.month(k).number - 1] for k in range(months)])
    return Market(
        own_price=100 * np.exp(np.cumsum(chance.normal(-0.002, 0.004, months))),
        rival_price=100
        * np.exp(np.cumsum(chance.normal(-0.002, 0.012, (months, regions)), axis=0)),
        campaigns=chance.poisson(
            CAMPAIGNS_A_MONTH * season[:, None], (months, regions)
        ),
        confidence=100 + np.cumsum(chance.normal(0, 1.2, months)),
    )


def month_market(clock: Clock, market: Market, k: int) -> pa.Table:
    """The values that are about month ``k``, each with the moment at which it was published."""
    working, holidays = calendar_days(clock.month(k))
    values = [
        (EVERYWHERE, "OWNP", market.own_price[k]),
        (EVERYWHERE, "CONF", market.confidence[k]),
    ]
    values += [(EVERYWHERE, "WDAY", working), (EVERYWHERE, "HDAY", holidays)]
    for number, region in enumerate(codes.REGIONS):
        values += [
            (region, "RIVP", market.rival_price[k, number]),
            (region, "RIVC", market.campaigns[k, number]),
        ]
    areas, series, numbers = zip(*values, strict=True)
    published = [
        (clock.start(k + 1) + PUBLISHED_AFTER_DAYS[name]) * DAY_S + 10 * 3600
        for name in series
    ]
    month = clock.month(k)
    return pa.table(
        {
            "idx_mon": np.full(
                len(values), month.year * 100 + month.number, dtype=np.int32
            ),
            "area_cd": pa.array(areas, pa.string()),
            "idx_cd": pa.array(series, pa.string()),
            "idx_val": np.round(np.array(numbers, dtype=float), 2),
            "pub_tm": clock.stamps(np.array(published)),
        }
    )


def calendar_days(month: Month) -> tuple[int, int]:
    """Working days and public holidays of a month in China; days worked in exchange for a holiday count as working."""
    from holidays import country_holidays

    china = country_holidays("CN", years=[month.year])
    days = [
        month.start + timedelta(days=number)
        for number in range((month.end - month.start).days)
    ]
    return sum(china.is_working_day(day) for day in days), sum(
        _is_free(day, china) for day in days
    )


def _is_free(day: date, holidays: object) -> bool:
    return day in holidays  # type: ignore[operator]
