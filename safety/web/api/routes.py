"""Every route of the API, in the order in which it is described."""

from safety.web.api import cases, duties, history, trials
from safety.web.api.declaring import Endpoints

GROUPS: tuple[Endpoints, ...] = (
    trials.endpoints,
    duties.endpoints,
    cases.endpoints,
    history.endpoints,
)
