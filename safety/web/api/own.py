"""What the API tells and keeps of one's own: tokens, the views of pages, and how far one has seen a trial."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from safety.left_off import SavedView
from safety.projections.at import utc
from safety.tokens import Token
from safety.web.api.answers_of_administration import ApiTokens, Kept
from safety.web.api.declaring import Endpoints
from safety.web.api.reading import stamped
from safety.web.api.sent import Sent, read
from safety.web.asking import Ask, Asked, NotThere, Unclear
from safety.web.pages.views import LONGEST_NAME, LONGEST_QUERY, MOST, TOO_MANY
from safety.web.views import FILTERS, filters_of

endpoints = Endpoints()
Row = dict[str, Any]


def one_line(name: str) -> str:
    """Give a name back that can be shown; raises ValueError."""
    if not name.isprintable():
        raise ValueError("a name is one line of text that can be printed")
    return name


class Named(BaseModel):
    """A view of a page, by its name."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    page: Literal["worklist", "cases"]
    name: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME), AfterValidator(one_line)]


class ViewToKeep(Named):
    """What to show of a page, under a name; of `query` only the page's own filters are kept."""

    query: Annotated[str, StringConstraints(max_length=LONGEST_QUERY)] = ""


class Seen(BaseModel):
    """Up to which position of the log one has seen a trial."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    position: int = Field(ge=1, lt=2**63, strict=True)


@endpoints.reads("/me/tokens", "me.read", ApiTokens)
def read_tokens(ask: Ask) -> Row:
    """List one's tokens; what opens anything is told once, where a token is made."""
    return {"tokens": [told(token) for token in ask.home.tokens.of(ask.account)]}


def told(token: Token) -> Row:
    """Tell a token with its moments as ISO 8601."""
    moments = {name: utc(getattr(token, name)) for name in ("made_at", "ends_at", "used_at", "revoked_at")}
    return {"id": token.id, "name": token.name, "scopes": token.scopes, **moments}


@endpoints.does("/me/tokens/{token}/revoke", "me.change", ApiTokens)
def revoke_token(ask: Ask, token: str) -> Row:
    """End one of one's tokens at once."""
    if not ask.home.tokens.revoke(ask.account, token, now=ask.now):
        raise NotThere
    ask.access.note("token_revoked", ask.account, ask.source, thing=token)
    return read_tokens(ask)


@endpoints.reads("/trials/{trial}/views", "saved_view.keep", Kept)
def read_views(ask: Ask) -> Row:
    """Give the views that one keeps of a trial's pages, and how far one has said that one has seen it."""
    views = [view._asdict() for page in FILTERS for view in ask.home.left_off.views(ask.account, ask.trial, page)]
    looked = ask.home.left_off.looked(ask.account, ask.trial)
    return stamped(ask) | {"views": views, "seen": looked.position if looked else None}


@endpoints.does("/trials/{trial}/views", "saved_view.keep", Kept, body=ViewToKeep)
def keep_view(ask: Ask, raw: Sent) -> Row:
    """Keep a view; the same name again takes the place of the one before."""
    said = read(ViewToKeep, raw)
    if not ask.home.left_off.keep_view(view_of(ask, said, filters_of(said.page, said.query)), most=MOST):
        raise Unclear(ask.words(TOO_MANY, n=MOST))
    return read_views(ask)


@endpoints.does("/trials/{trial}/views/forget", "saved_view.keep", Kept, body=Named)
def forget_view(ask: Ask, raw: Sent) -> Row:
    """Forget a view; one that is not there is forgotten already."""
    ask.home.left_off.forget_view(view_of(ask, read(Named, raw)))
    return read_views(ask)


def view_of(ask: Asked, said: Named, query: str = "") -> SavedView:
    """Name a view of one's own."""
    return SavedView(ask.account, ask.trial, said.page, said.name, query)


@endpoints.does("/trials/{trial}/seen", "seen.mark", Kept, body=Seen)
def mark_seen(ask: Ask, raw: Sent) -> Row:
    """Keep up to which position one has seen the trial, never beyond what the log holds."""
    position = min(read(Seen, raw).position, ask.at.position)
    ask.home.left_off.look(ask.account, ask.trial, position, now=ask.now)
    return read_views(ask)
