"""Two builds of the product side by side in one run: what a month and a restated month cost in each."""
