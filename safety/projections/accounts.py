"""Every account at a moment: what it may do, when it is away, and whether it is revoked."""

from typing import Any

from sqlalchemy import Connection, select

from safety.projections.account import ACCOUNT, absences
from safety.projections.at import At


def accounts(connection: Connection, at: At) -> list[dict[str, Any]]:
    """List the accounts by id: roles, trials (none for all), sites, absences as they were said, and whether it is revoked."""
    table = ACCOUNT.table
    ask = select(table).where(at.stands(table)).order_by(table.c.account)
    return [
        {
            "account": row.account,
            "roles": row.roles.split(),
            "trials": row.trials.split(),
            "sites": row.sites.split(),
            "absences": absences(row.absences),
            "revoked": not row.roles,
            "since": row.from_position,
        }
        for row in connection.execute(ask)
    ]
