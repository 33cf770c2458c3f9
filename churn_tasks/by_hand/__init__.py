"""Work that people start beside the monthly run."""
