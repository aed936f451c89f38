"""The safety record of clinical trials: an immutable log, what is decided into it, and what is read from it."""
