"""Says what pydantic found wrong as the place in the document and the rule, never the value that stood there."""

from pydantic import ValidationError


def first_fault(error: ValidationError, under: str = "") -> str:
    """The first fault, such as `import.exposures.repeat[entry 2].constants: Field required`, and how many follow.

    `under` is the path of the table that was validated, such as `import`.
    """
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    path = under
    for part in faults[0]["loc"]:
        if isinstance(part, int):
            path += f"[entry {part + 1}]"
        elif part != "[key]":  # pydantic's mark that the key itself is at fault; the key stands before it
            path += f".{part}"
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    message = faults[0]["msg"].removeprefix("Value error, ")
    return f"{path.lstrip('.') or 'the document'}: {message}{more}"
