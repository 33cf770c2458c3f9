"""``churn catalogue``: the page of every feature, written again from what the months left in the lake."""

from churn_tasks.cli.options import ProfileOption, say
from churn_tasks.core.settings import load_settings


def write_catalogue_page(profile: ProfileOption = None) -> None:
    """Write the page of the feature catalogue: distributions, gaps, drift, what each feature tells, and why it is kept.

    The step of the same name does this each month. A month without figures yet gets them by
    ``churn step catalogue --month YYYY-MM``.
    """
    from churn_tasks.work.catalogue import write_catalogue

    page = write_catalogue(load_settings(profile))
    say(f"{page}: {page.stat().st_size:,} bytes")
