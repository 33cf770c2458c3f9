#!/usr/bin/env bash
# scikit-learn 1.9.1, TargetEncoder with its default smooth="auto".
#
# The rate of a category's level is drawn towards the mean of everybody, the more the fewer rows it has: that is what an encoder
# of rare levels is used for. "auto" weighs by the variance within the level, and a level whose few rows all agree has none: it is
# not drawn at all. A tariff that two customers have, both of whom left, is encoded as certain leaving; one that disagrees among
# three rows is drawn as expected. A number for smooth draws all of them.
#
# Seen: of 10,000 rows with a mean of 0.05, two rows of 1 become 1.0, two rows of 0 become 0.0, three rows of 1, 0 and 1 become
# 0.29; with smooth=10 they become 0.21, 0.04 and 0.19.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check scikit-learn==1.9.1 numpy==2.4.6
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
from sklearn.preprocessing import TargetEncoder

ROWS = 10_000
tariff = np.full(ROWS, "usual", dtype=object)
left = np.zeros(ROWS, dtype=int)
left[::20] = 1
for level, first, labels in (("both left", 1, [1, 1]), ("both stayed", 3, [0, 0]), ("two of three", 5, [1, 0, 1])):
    tariff[first : first + len(labels)] = level
    left[first : first + len(labels)] = labels


def rates(smooth):
    encoder = TargetEncoder(smooth=smooth, target_type="binary").fit(tariff.reshape(-1, 1), left)
    return dict(zip(encoder.categories_[0], encoder.encodings_[0].round(2).tolist()))


drawn_by_variance, drawn_by_number = rates("auto"), rates(10.0)
print("auto", drawn_by_variance)
print("10", drawn_by_number)
assert drawn_by_variance["both left"] == 1 and drawn_by_variance["both stayed"] == 0, "another behaviour than in 1.9.1"
assert 0.2 < drawn_by_variance["two of three"] < 0.4
assert 0 < drawn_by_number["both stayed"] < drawn_by_number["both left"] < 0.3
PYTHON
