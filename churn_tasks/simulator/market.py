"""What the operator buys or reads about its market, month by month: prices, rivals' campaigns, mood and calendar."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from churn_tasks.core.months import Month
from churn_tasks.simulator import codes
from churn_tasks.simulator.chance import Array, Chance, Shape
from churn_tasks.simulator.clock import Clock, moment
from churn_tasks.simulator.columns import small

EVERYWHERE = "00"
CAMPAIGNS_A_MONTH = 0.8  # of rivals, in a region
PULL_OF_A_CAMPAIGN = 0.08  # by which each makes leaving likelier
PULL_OF_PRICE = 1.5  # power of our prices over theirs
PRICE_DRIFT = -0.002  # of the logarithm, a month
OWN_PRICE_SPREAD, RIVAL_PRICE_SPREAD = 0.004, 0.012
CONFIDENCE_SPREAD = 1.2
PUBLISHED_AFTER_DAYS = {  # from the month's end
    "OWNP": 1,
    "RIVP": 3,
    "RIVC": 2,
    "CONF": 18,
    "WDAY": -90,
    "HDAY": -90,
}


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
        pull = 1 + PULL_OF_A_CAMPAIGN * self.campaigns[k]
        return (pull * price)[region]


def plan_market(clock: Clock, months: int) -> Market:
    """Random walks of prices and mood; rivals campaign more when people are restless anyway."""
    chance = clock.chance("market")
    shape = (months, len(codes.REGIONS))
    months_of_year = [clock.month_of_year(k) for k in range(months)]
    season = codes.SEASON[months_of_year]
    return Market(
        own_price=_price_walk(OWN_PRICE_SPREAD, months, chance),
        rival_price=_price_walk(RIVAL_PRICE_SPREAD, shape, chance),
        campaigns=chance.poisson(CAMPAIGNS_A_MONTH * season[:, None], shape),
        confidence=100 + np.cumsum(chance.normal(0, CONFIDENCE_SPREAD, months)),
    )


def _price_walk(spread: float, shape: Shape, chance: Chance) -> Array:
    steps = chance.normal(PRICE_DRIFT, spread, shape)
    return 100 * np.exp(np.cumsum(steps, axis=0))


def month_market(clock: Clock, market: Market, k: int) -> pa.Table:
    """The values that are about month ``k``, each with the moment at which it was published."""
    working, holidays = calendar_days(clock.month(k))
    values = [
        (EVERYWHERE, "OWNP", market.own_price[k]),
        (EVERYWHERE, "CONF", market.confidence[k]),
        (EVERYWHERE, "WDAY", working),
        (EVERYWHERE, "HDAY", holidays),
    ]
    for number, region in enumerate(codes.REGIONS):
        values.append((region, "RIVP", market.rival_price[k, number]))
        values.append((region, "RIVC", market.campaigns[k, number]))
    areas, series, figures = zip(*values, strict=True)
    published = _published(series, clock.start(k + 1))
    return pa.table(
        {
            "idx_mon": small(np.full(len(values), clock.cycle(k))),
            "area_cd": pa.array(areas, pa.string()),
            "idx_cd": pa.array(series, pa.string()),
            "idx_val": np.round(np.array(figures, dtype=float), 2),
            "pub_tm": clock.stamps(published),
        }
    )


def _published(series: tuple[str, ...], end: int) -> Array:
    """Second at which each value about a month that ends on day ``end`` is published."""
    days = np.array([PUBLISHED_AFTER_DAYS[name] for name in series])
    return moment(end + days, 10)


def calendar_days(month: Month) -> tuple[int, int]:
    """Working days and public holidays of a month in China; days worked in exchange for a holiday count as working."""
    from holidays import country_holidays

    china = country_holidays("CN", years=[month.year])
    days = _days_of(month)
    working = [day for day in days if china.is_working_day(day)]
    holidays = [day for day in days if day in china]
    return len(working), len(holidays)


def _days_of(month: Month) -> list[date]:
    length = (month.end - month.start).days
    return [month.start + timedelta(days=number) for number in range(length)]
