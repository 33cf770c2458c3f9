"""From a feature back to the columns that a source must deliver."""
