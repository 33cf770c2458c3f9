"""On how many examples a property is tried: all in ``make test-all``, a fifth of them in ``make test``."""

from hypothesis import settings

WHOLE = 100  # of which a profile says how many are tried


def examples(whole: int) -> int:
    """So many examples under the full profile, and the same share of them as of a hundred under another.

    60 are 60 in ``make test-all`` and 12 in ``make test``.
    """
    return max(1, whole * settings.default.max_examples // WHOLE)
