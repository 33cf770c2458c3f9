#!/usr/bin/env bash
# great-expectations 1.24.1, the result of an expectation whose column is not in the data.
#
# The expectation could not be evaluated, and its result is told apart from a broken bound by exception_info alone. Where an
# expectation did not raise, exception_info is a dictionary with the key raised_exception (False). Where a metric of it
# raised, the keys of that dictionary are the metrics' identifiers, and raised_exception lies one level deeper: asked in the
# same way, result.exception_info.get("raised_exception") answers None, which a caller takes for "did not raise".
#
# Seen: False at the top for a bound that was judged, None at the top and True below it for a column that is missing, of a
# column, a pair and an aggregate expectation alike.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check great-expectations==1.24.1
"$folder/venv/bin/python" - 2>"$folder/said" <<'PYTHON' || { cat "$folder/said"; exit 1; }
import great_expectations as gx
import pandas as pd
from great_expectations import expectations as expect

figures = pd.DataFrame({"low": [1.0], "value": [2.0]})
context = gx.get_context(mode="ephemeral")
asset = context.data_sources.add_pandas("figures").add_dataframe_asset("month")
batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": figures})


def told(expectation):
    """What exception_info says of raising, asked at the top and one level below."""
    info = batch.validate(expectation).exception_info
    below = [each["raised_exception"] for each in info.values() if isinstance(each, dict)]
    return info.get("raised_exception"), below


judged = told(expect.ExpectColumnMaxToBeBetween(column="value", min_value=5))
print("a bound that is broken:", judged)
assert judged == (False, []), "another behaviour than in 1.24.1"
for expectation in (
    expect.ExpectColumnMaxToBeBetween(column="gone", min_value=0),
    expect.ExpectColumnValuesToBeBetween(column="gone", min_value=0),
    expect.ExpectColumnPairValuesAToBeGreaterThanB(column_A="value", column_B="gone", or_equal=True),
):
    top, below = told(expectation)
    print(type(expectation).__name__, "of a missing column:", top, below)
    assert top is None and below and all(below), "another behaviour than in 1.24.1"
PYTHON
