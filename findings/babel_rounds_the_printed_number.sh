#!/usr/bin/env bash
# Babel 2.18.0, numbers.format_decimal with a float.
#
# A float is rounded by what it prints as, not by what it is. 0.295 is stored as 0.29499999999999998..., which Python's own
# formatting rounds down to 0.29; Babel makes Decimal("0.295") of it first, and a half then goes to the even neighbour,
# 0.30. A table that is formatted by Babel and a total beside it that is formatted by Python differ in the last digit.
#
# Seen: 480 of the 10,000 prices from 0.000 to 9.999 differ at two decimals. Handing Babel the exact value,
# Decimal(value), gives what Python gives for all of them.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check babel==2.18.0
"$folder/venv/bin/python" - <<'PYTHON'
from decimal import Decimal

from babel.numbers import format_decimal


def by_babel(value):
    return format_decimal(value, "0.00", locale="en")


prices = [number / 1000 for number in range(10_000)]
apart = [price for price in prices if by_babel(price) != f"{price:.2f}"]
exact = [price for price in prices if by_babel(Decimal(price)) != f"{price:.2f}"]
print("0.295:", by_babel(0.295), "by Babel,", f"{0.295:.2f}", "by Python")
print(len(apart), "of", len(prices), "prices with three decimals differ;", len(exact), "with Decimal(value)")
assert by_babel(0.295) == "0.30" and f"{0.295:.2f}" == "0.29"
assert len(apart) == 480 and not exact, "another behaviour than in Babel 2.18.0"
PYTHON
