"""How many rows a table of the views has."""

from sqlalchemy import Table, select

from safety.projections import Views


def count(views: Views, table: Table) -> int:
    with views.connect() as connection:
        return len(connection.execute(select(table)).all())
