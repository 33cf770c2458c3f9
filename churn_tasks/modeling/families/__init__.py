"""The shipped model families, one file each; ``churn_tasks.modeling.family`` finds them by the name of the file."""
