"""The work behind steps that bring several rooms together: longer than a step, shorter than a room."""
