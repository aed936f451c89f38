"""What a form relies on: the dose, the adverse event or the subject that it is about, as it stood when the form was opened."""

from safety.aggregates.deciding import Form, Refused


class ChangedSince(Refused):
    """What this form is about was changed after it was opened at position {position}; look at the change, then send it again."""


def concerns(happened: Form, form: Form) -> bool:
    """Say whether an event of the form's stream changed what the form is about: the same dose or adverse event, or the subject."""
    group, about = happened.TOPIC.partition(".")[0], form.TOPIC.partition(".")[0]
    if group == "subject":
        return True
    return group == about and happened.__dict__.get("number") == form.__dict__.get("number")
