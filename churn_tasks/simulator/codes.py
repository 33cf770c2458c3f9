"""The operator's own code values: segments, regions, tariffs and networks, and how the year goes."""

import numpy as np

from churn_tasks.simulator.literal_tables import figures, texts

INDIVIDUAL, FAMILY, CAMPUS, CORPORATE = range(4)  # positions of the segments
SEGMENTS = texts("segments.csv", "code")
SEGMENT_NAMES = texts("segments.csv", "name")
SEGMENT_SHARES = figures("segments.csv", "share")
SEGMENT_USE = figures("segments.csv", "use")
SEGMENT_HAZARD = figures("segments.csv", "hazard")
POSTPAID_SHARES = figures("segments.csv", "postpaid")
BROADBAND_SHARES = figures("segments.csv", "broadband")
BOUND_SHARES = figures("segments.csv", "bound")  # of customers with an agreement

REGIONS = texts("regions.csv", "code")
REGION_NAMES = texts("regions.csv", "name")  # as some shops write in place of the code
REGION_HAZARD = figures("regions.csv", "hazard")
CITIES_A_REGION = 5

# the cheapest first
PLAN_IDS = np.array(texts("plans.csv", "plan_id"))
PLAN_FEES = figures("plans.csv", "fee_cny").astype(int) * 100  # fen a month
PLAN_NETWORKS = np.array(texts("plans.csv", "network"))  # generation
DEAREST_PLAN = len(PLAN_IDS) - 1

# networks at the other end of a call
OWN, RIVAL_A, RIVAL_B, FIXED = "01", "02", "03", "09"
RIVAL_SHARES = {RIVAL_A: 0.6, RIVAL_B: 0.4}
HOTLINE_OWN, HOTLINE_A, HOTLINE_B, BUSINESS = "10086", "10010", "10000", "95588"

# January to December: quiet around the spring festival, restless after it and when students graduate
SEASON = figures("seasons.csv", "leaving")
USE_SEASON = figures("seasons.csv", "use")


def plan_shares(segment: int) -> np.ndarray:
    """How common each tariff is in a segment."""
    weights = figures("plans.csv", SEGMENT_NAMES[segment]).tolist()
    return np.array(weights) / sum(weights)
