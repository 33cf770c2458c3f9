"""Complaint text (A6): what it is about and how it sounds, by words that the business edits. No text is kept."""
