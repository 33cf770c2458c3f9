"""Quality gates: measures taken by SQL, judged by Great Expectations (B1, B6).

Each table of a month becomes a few hundred figures, computed where the data lie; Great Expectations judges them, each
bound a row of one frame. So a check costs the same for a thousand rows and for a hundred million, and no customer's
value reaches a result.
"""
