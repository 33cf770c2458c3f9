"""Taking people out of everything that is kept of them, and proving it.

==============  =======================================================================================================
people.py       who is meant: lines, persons, tokens
note.py         what is being done, beside the key, until it is done: a killed command is taken up again
lake_files.py   the files of the lake and whom their columns name, by what the contracts declare
removal.py      the rows that go, and the files written again without them
pages.py        reports, pages of checks and logs
proof.py        looks through every file and database for whoever is on the list
work.py         all of it in order
==============  =======================================================================================================
"""
