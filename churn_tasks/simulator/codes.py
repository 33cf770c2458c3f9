"""The operator's own code values: segments, regions, tariffs and networks, and how the year goes."""

import numpy as np

from churn_tasks.simulator.literal_tables import rows

INDIVIDUAL, FAMILY, CAMPUS, CORPORATE = range(4)  # positions of the segments
SEGMENTS = ("PER", "FAM", "CMP", "GRP")
SEGMENT_SHARES = (0.52, 0.24, 0.14, 0.10)
SEGMENT_USE = np.array([1.0, 1.1, 0.8, 1.4])
SEGMENT_HAZARD = np.array([1.05, 0.85, 1.25, 0.65])

REGIONS = ("01", "02", "03", "04", "05", "06", "07", "08")
REGION_HAZARD = np.array([1.0, 0.9, 1.2, 1.0, 0.85, 1.1, 1.0, 0.95])
# as some shops write in place of the code
REGION_NAMES = ("东港", "西岭", "南湾", "北原", "江口", "湖滨", "山前", "海宁")
CITIES_A_REGION = 5

PLANS = rows("plans.csv")  # the cheapest first
PLAN_IDS = np.array([plan["plan_id"] for plan in PLANS])
PLAN_FEES = np.array([int(plan["fee_cny"]) * 100 for plan in PLANS])  # fen a month
PLAN_NETWORKS = np.array([plan["network"] for plan in PLANS])  # generation
DEAREST_PLAN = len(PLANS) - 1

# networks at the other end of a call
OWN, RIVAL_A, RIVAL_B, FIXED = "01", "02", "03", "09"
RIVAL_SHARES = {RIVAL_A: 0.6, RIVAL_B: 0.4}
HOTLINE_OWN, HOTLINE_A, HOTLINE_B, BUSINESS = "10086", "10010", "10000", "95588"

# January to December: quiet around the spring festival, restless after it and when students graduate
SEASON = np.array([0.95, 0.85, 1.15, 1.05, 0.95, 1.15, 1.05, 1.0, 1.1, 0.95, 0.9, 0.95])
USE_SEASON = np.array(
    [1.05, 0.88, 1.0, 1.0, 1.02, 1.0, 0.98, 0.97, 1.02, 1.0, 1.0, 1.05]
)
