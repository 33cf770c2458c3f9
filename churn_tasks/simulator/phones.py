"""Telephone numbers as people and systems really write them."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from churn_tasks.simulator import codes
from churn_tasks.simulator.clock import Array, Clock
from churn_tasks.simulator.people import People

STYLE_SHARES = (
    0.90,
    0.04,
    0.02,
    0.02,
    0.01,
    0.01,
)  # plain, +86, 86, spaces, dashes, full-width
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
OUTSIDE = 60_000  # numbers of other operators' customers that are ever called
FIXED_SHARE = 0.12
SERVICES = (codes.HOTLINE_OWN, codes.HOTLINE_A, codes.HOTLINE_B, codes.BUSINESS)


class NumberPool:
    """Every number that can appear, in every style: rows of it are taken by position.

    Positions ``[0, subscribers)`` are the operator's own subscribers, then come ``OUTSIDE`` numbers of other networks,
    then the four service numbers. The same number in another style lies ``size`` positions further on.
    """

    def __init__(self, clock: Clock, people: People) -> None:
        chance = clock.chance("numbers")
        rivals = (
            chance.choice([130, 131, 155, 186, 133, 153, 189, 180], OUTSIDE)
            * 100_000_000
        )
        rivals += chance.integers(10_000_000, 99_999_999, OUTSIDE)
        self.subscribers = len(people)
        self.networks = _networks(rivals, len(people))
        fixed = [
            f"0{21 + i % 9}{20_000_000 + 977 * i}"
            for i in range(int(OUTSIDE * FIXED_SHARE))
        ]
        mobile = pa.array(rivals[len(fixed) :]).cast(pa.string())
        own = pa.array(people.number).cast(pa.string())
        plain = pa.concat_arrays([own, pa.array(fixed), mobile, pa.array(SERVICES)])
        self.size = len(plain)
        self._written = pa.concat_arrays([plain, *_other_styles(plain)])

    def service(self, name: str) -> int:
        """Position of a service number."""
        return self.size - len(SERVICES) + SERVICES.index(name)

    def written(self, positions: Array, chance: np.random.Generator) -> pa.Array:
        """The numbers at these positions, most of them plain; -1 gives none. Service numbers are always plain."""
        style = np.searchsorted(
            np.cumsum(STYLE_SHARES), chance.random(len(positions)), side="right"
        )
        style = np.where(
            positions >= self.service(codes.HOTLINE_OWN),
            0,
            np.minimum(style, len(STYLE_SHARES) - 1),
        )
        return self._written.take(
            pa.array(positions + style * self.size, mask=positions < 0)
        )


def _networks(rivals: Array, subscribers: int) -> Array:
    """Network code of each position."""
    fixed = int(OUTSIDE * FIXED_SHARE)
    unicom = np.isin(rivals // 100_000_000, [130, 131, 155, 186])
    outside = np.where(unicom, codes.RIVAL_A, codes.RIVAL_B)
    outside[:fixed] = codes.FIXED
    services = [codes.OWN, codes.RIVAL_A, codes.RIVAL_B, codes.FIXED]
    return np.concatenate([np.full(subscribers, codes.OWN), outside, services])


def _other_styles(plain: pa.Array) -> list[pa.Array]:
    """+8613800138000, 8613800138000, 138 0013 8000, 138-0013-8000 and full-width digits."""
    first, middle, last = (
        pc.utf8_slice_codeunits(plain, *cut) for cut in ((0, 3), (3, 7), (7, 20))
    )
    return [
        pc.binary_join_element_wise("+86", plain, ""),
        pc.binary_join_element_wise("86", plain, ""),
        pc.binary_join_element_wise(first, middle, last, " "),
        pc.binary_join_element_wise(first, middle, last, "-"),
        pa.array([text.translate(FULL_WIDTH) for text in plain.to_pylist()]),
    ]
