"""Where a browser is sent after a form: to a page of this desk, whatever the form says."""


def within(path: str) -> str:
    """Give an address of this desk to go on to; anything else is the first page."""
    inside = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if inside and "\\" not in path else "/"
