"""Which columns of the catalogue the models of a month learn from, and why the others not (D3)."""

from churn_tasks.modeling.selection.choose import Selection, Verdict, everything, select

__all__ = ["Selection", "Verdict", "everything", "select"]
