"""The door for programs: what the screens do, under /api/v1, with the same policy, the same views and the same commands."""
