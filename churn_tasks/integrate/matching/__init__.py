"""From lines to persons: which records are one customer (B4), and what the customer is then said to be (B5)."""
