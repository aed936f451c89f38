"""Ticks: APScheduler rings every few seconds, however late or doubled; it knows no deadline and loses none."""

from collections.abc import Callable

from apscheduler.schedulers.background import BackgroundScheduler


def ticking(ring: Callable[[], object], seconds: float) -> BackgroundScheduler:
    """Ring at once and then every so many seconds until it is shut down; a late tick still rings, missed ones ring once."""
    scheduler = BackgroundScheduler(timezone="UTC")
    scheduler.add_job(ring, "interval", seconds=seconds, misfire_grace_time=None, coalesce=True, max_instances=1)
    scheduler.start()
    ring()
    return scheduler
