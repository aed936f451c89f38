"""Periodic safety reports: figures from the views as of a lock point, rendered as a page and as plain text, and issued."""

LAYOUT = 3
"""The version of what a report looks like; a change of templates or wording that changes bytes raises it."""
