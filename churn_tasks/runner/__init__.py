"""What runs a step: the month it works on, its declaration, and the one protocol."""
