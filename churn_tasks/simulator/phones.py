"""Telephone numbers as people and systems really write them."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from churn_tasks.simulator import codes
from churn_tasks.simulator.chance import Array, Chance
from churn_tasks.simulator.clock import Clock
from churn_tasks.simulator.people import PREFIX_STEP, People

# plain, +86, 86, spaces, dashes, full-width
STYLE_SHARES = (0.90, 0.04, 0.02, 0.02, 0.01, 0.01)
DIGITS, WIDE_DIGITS = "0123456789", "０１２３４５６７８９"
FULL_WIDTH = str.maketrans(DIGITS, WIDE_DIGITS)
OUTSIDE = 60_000  # numbers of other operators' customers that are ever called
FIXED = int(OUTSIDE * 0.12)  # the first of them are fixed telephones
PREFIXES_A = (130, 131, 155, 186)
PREFIXES_B = (133, 153, 189, 180)
SERVICES = (codes.HOTLINE_OWN, codes.HOTLINE_A, codes.HOTLINE_B, codes.BUSINESS)
SERVICE_NETWORKS = (codes.OWN, codes.RIVAL_A, codes.RIVAL_B, codes.FIXED)


def full_width(text: str) -> str:
    """The text with its digits as wide as Chinese characters."""
    return text.translate(FULL_WIDTH)


class NumberPool:
    """Every number that can appear, in every style: rows of it are taken by position.

    Positions ``[0, subscribers)`` are the operator's own subscribers, then come ``OUTSIDE`` numbers of other networks,
    then the four service numbers. The same number in another style lies ``size`` positions further on.
    """

    def __init__(self, clock: Clock, people: People) -> None:
        mobile = _rival_numbers(clock.chance("numbers"))
        self.subscribers = len(people)
        self._networks = pa.array(_networks(mobile, self.subscribers))
        own = pa.array(people.number).cast(pa.string())
        fixed = pa.array([_fixed_number(position) for position in range(FIXED)])
        rivals = pa.array(mobile[FIXED:]).cast(pa.string())
        services = pa.array(SERVICES)
        plain = pa.concat_arrays([own, fixed, rivals, services])
        self.size = len(plain)
        self._written = pa.concat_arrays([plain, *_other_styles(plain)])

    def service(self, name: str) -> int:
        """Position of a service number."""
        return self.first_service + SERVICES.index(name)

    @property
    def first_service(self) -> int:
        """Where the numbers of other networks end and the service numbers begin."""
        return self.size - len(SERVICES)

    def written(self, positions: Array, chance: Chance) -> pa.Array:
        """The numbers at these positions, most of them plain; -1 gives none. Service numbers are always plain."""
        bounds = np.cumsum(STYLE_SHARES)
        draw = chance.random(len(positions))
        style = np.searchsorted(bounds, draw, side="right")
        # the shares may sum to a little less than 1
        style = np.minimum(style, len(STYLE_SHARES) - 1)
        style = np.where(positions >= self.first_service, 0, style)
        return _taken(self._written, positions + style * self.size, positions)

    def networks_of(self, positions: Array) -> pa.Array:
        """Network codes of the numbers at these positions; none where there is no number."""
        return _taken(self._networks, positions, positions)


def _taken(values: pa.Array, rows: Array, positions: Array) -> pa.Array:
    """Values at these rows; none where a position is negative."""
    return values.take(pa.array(rows, mask=positions < 0))


def _rival_numbers(chance: Chance) -> Array:
    """Mobile numbers of other networks; those at the places of fixed telephones are not used."""
    prefix = chance.choice(PREFIXES_A + PREFIXES_B, OUTSIDE)
    serial = chance.integers(10_000_000, 99_999_999, OUTSIDE)
    return prefix * PREFIX_STEP + serial


def _fixed_number(position: int) -> str:
    """Area code and eight digits."""
    area = 21 + position % 9
    line = 20_000_000 + 977 * position
    return f"0{area}{line}"


def _networks(mobile: Array, subscribers: int) -> Array:
    """Network code of each position."""
    is_rival_a = np.isin(mobile // PREFIX_STEP, PREFIXES_A)
    outside = np.where(is_rival_a, codes.RIVAL_A, codes.RIVAL_B)
    outside[:FIXED] = codes.FIXED
    own = np.full(subscribers, codes.OWN)
    return np.concatenate([own, outside, SERVICE_NETWORKS])


def _other_styles(plain: pa.Array) -> list[pa.Array]:
    """+8613800138000, 8613800138000, 138 0013 8000, 138-0013-8000 and full-width digits."""
    first = pc.utf8_slice_codeunits(plain, 0, 3)
    middle = pc.utf8_slice_codeunits(plain, 3, 7)
    last = pc.utf8_slice_codeunits(plain, 7, 20)
    return [
        pc.binary_join_element_wise("+86", plain, ""),
        pc.binary_join_element_wise("86", plain, ""),
        pc.binary_join_element_wise(first, middle, last, " "),
        pc.binary_join_element_wise(first, middle, last, "-"),
        pa.array([full_width(number) for number in plain.to_pylist()]),
    ]
