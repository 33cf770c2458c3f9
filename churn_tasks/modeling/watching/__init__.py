"""Whether a model in force still meets what it learnt from, and whether it keeps what it promised."""
