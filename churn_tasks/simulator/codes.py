"""The operator's own code values, and how each cause of leaving shows in behaviour."""

from typing import NamedTuple

import numpy as np

SEGMENTS = ("PER", "FAM", "CMP", "GRP")  # individual, family, campus, corporate
SEGMENT_SHARES = (0.52, 0.24, 0.14, 0.10)
SEGMENT_USE = np.array([1.0, 1.1, 0.8, 1.4])
SEGMENT_HAZARD = np.array([1.05, 0.85, 1.25, 0.65])

REGIONS = tuple(f"{number:02d}" for number in range(1, 9))
REGION_NAMES = (
    "东港",
    "西岭",
    "南湾",
    "北原",
    "江口",
    "湖滨",
    "山前",
    "海宁",
)  # as some shops write in place of the code
REGION_HAZARD = np.array([1.0, 0.9, 1.2, 1.0, 0.85, 1.1, 1.0, 0.95])

PLAN_IDS = np.array(["P08", "P19", "P38", "P58", "P88", "P128", "P188", "P288"])
PLAN_FEES = np.array([8, 19, 38, 58, 88, 128, 188, 288]) * 100  # fen a month
PLAN_NETWORKS = np.array(["2", "3", "4", "4", "4", "5", "5", "5"])
PLAN_SHARES = {  # by segment
    0: (0.10, 0.20, 0.27, 0.20, 0.12, 0.07, 0.03, 0.01),
    1: (0.04, 0.12, 0.22, 0.26, 0.18, 0.11, 0.05, 0.02),
    2: (0.12, 0.46, 0.34, 0.06, 0.02, 0.00, 0.00, 0.00),
    3: (0.00, 0.03, 0.10, 0.20, 0.27, 0.22, 0.12, 0.06),
}

OWN, RIVAL_A, RIVAL_B, FIXED = (
    "01",
    "02",
    "03",
    "09",
)  # networks at the other end of a call
HOTLINE_OWN, HOTLINE_A, HOTLINE_B, BUSINESS = "10086", "10010", "10000", "95588"

# January to December: quiet around the spring festival, restless after it and when students graduate
SEASON = np.array([0.95, 0.85, 1.15, 1.05, 0.95, 1.15, 1.05, 1.0, 1.1, 0.95, 0.9, 0.95])
USE_SEASON = np.array(
    [1.05, 0.88, 1.0, 1.0, 1.02, 1.0, 0.98, 0.97, 1.02, 1.0, 1.0, 1.05]
)


class Cause(NamedTuple):
    """One cause of leaving: how common it is, and what full distress does to behaviour.

    ``voice``, ``data`` and ``peers`` are shares lost; ``off_net`` is added to the share of calls to other networks;
    ``hotline`` weighs calls to a rival's hotline; ``faults`` and ``complaints`` are expected numbers a month; ``late``
    and ``no_topup`` are chances of not paying; ``roam`` weighs roaming, ``downgrade`` the chance of a cheaper plan;
    ``survey`` is points lost on the scale from 1 to 5.
    """

    name: str
    weight: float
    voice: float
    data: float
    peers: float
    off_net: float
    hotline: float
    faults: float
    complaints: float
    late: float
    no_topup: float
    roam: float
    downgrade: float
    survey: float


CAUSES = (
    Cause("none", 0.00, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    Cause(
        "price",
        0.22,
        0.72,
        0.65,
        0.45,
        0.10,
        0.35,
        0.0,
        0.35,
        0.10,
        0.35,
        0.0,
        0.30,
        1.3,
    ),
    Cause(
        "network",
        0.12,
        0.60,
        0.80,
        0.30,
        0.10,
        0.20,
        1.3,
        0.45,
        0.00,
        0.25,
        0.0,
        0.00,
        1.7,
    ),
    Cause(
        "service",
        0.10,
        0.65,
        0.60,
        0.35,
        0.05,
        0.15,
        0.2,
        0.75,
        0.05,
        0.25,
        0.0,
        0.05,
        1.9,
    ),
    Cause(
        "competitor",
        0.22,
        0.80,
        0.80,
        0.60,
        0.35,
        0.60,
        0.1,
        0.10,
        0.05,
        0.45,
        0.0,
        0.10,
        0.9,
    ),
    Cause(
        "contract_end",
        0.12,
        0.65,
        0.65,
        0.40,
        0.15,
        0.40,
        0.0,
        0.10,
        0.05,
        0.25,
        0.0,
        0.10,
        0.7,
    ),
    Cause(
        "arrears",
        0.10,
        0.65,
        0.60,
        0.45,
        0.00,
        0.05,
        0.0,
        0.10,
        0.95,
        0.90,
        0.0,
        0.15,
        0.5,
    ),
    Cause(
        "moving_away",
        0.07,
        0.65,
        0.60,
        0.55,
        0.05,
        0.10,
        0.0,
        0.05,
        0.10,
        0.35,
        0.8,
        0.00,
        0.2,
    ),
    Cause(
        "natural",
        0.05,
        0.80,
        0.80,
        0.70,
        0.00,
        0.00,
        0.0,
        0.00,
        0.20,
        0.55,
        0.0,
        0.00,
        0.2,
    ),
)
CAUSE_NUMBER = {cause.name: number for number, cause in enumerate(CAUSES)}


def effect(field: str, causes: np.ndarray) -> np.ndarray:
    """What full distress does to one kind of behaviour, for each cause number."""
    return np.array([getattr(cause, field) for cause in CAUSES], dtype=float)[causes]
