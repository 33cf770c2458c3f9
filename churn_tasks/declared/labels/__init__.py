"""What leaving means: events, tiers, and the label query composed of them."""
