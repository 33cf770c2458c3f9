"""Walks over the steps: the month's run, restatement, replay."""
