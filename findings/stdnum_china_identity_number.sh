#!/usr/bin/env bash
# python-stdnum 2.2, stdnum.cn.ric (the 18 characters of a Chinese identity number, GB 11643).
#
# A number that is written in its four natural groups, region, birth date, serial and check character, is the same
# number to a reader of forms. In this module it is not: compact(), which should bring a number to its bare form, takes
# blanks off both ends and leaves those inside, so is_valid() is False for a grouped number and True for the bare one.
# Its sibling for the French number, stdnum.fr.nir, drops them. A program that compacts before it compares therefore
# has two spellings of one person.
#
# Seen (the sample number of the standard): compact("110105 19491231 002 X") keeps its blanks; is_valid is False; the bare number is valid.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check python-stdnum==2.2
"$folder/venv/bin/python" - <<'PYTHON'
from stdnum.cn import ric
from stdnum.fr import nir

bare, grouped = "11010519491231002X", "110105 19491231 002 X"
told = {
    "bare is valid": ric.is_valid(bare),
    "compact of the grouped one": ric.compact(grouped),
    "grouped is valid": ric.is_valid(grouped),
    "blanks at the ends are dropped": ric.compact(f" {bare} ") == bare,
    "the French number drops its blanks": nir.compact("2 95 10 99 126 111 93"),
}
for what, seen in told.items():
    print(f"{what}: {seen!r}")
assert told == {
    "bare is valid": True,
    "compact of the grouped one": grouped,
    "grouped is valid": False,
    "blanks at the ends are dropped": True,
    "the French number drops its blanks": "295109912611193",
}, "another behaviour than in python-stdnum 2.2"
PYTHON
