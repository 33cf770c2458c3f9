"""How texts become numbers: a column for each value that is not rare, fitted on training rows alone.

A value that fewer than one row in a hundred has, and one that training never saw, share the column of the rare ones; so
a feature has at most a hundred and one columns, however many values its source invents.
"""

from sklearn.preprocessing import OneHotEncoder

RAREST = 0.01  # share of the training rows


def text_encoder() -> OneHotEncoder:
    """One column for each value seen in at least 1 % of the training rows; the rest share one."""
    return OneHotEncoder(
        min_frequency=RAREST, handle_unknown="infrequent_if_exist", sparse_output=False
    )
