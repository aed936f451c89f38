"""Tables of versioned rows folded from the log, and the views that are queries over them at any moment of its past."""

from sqlalchemy import Connection

from safety.projections.at import At
from safety.projections.rows import Log
from safety.projections.views import Views

__all__ = ["At", "Connection", "Log", "Views"]
