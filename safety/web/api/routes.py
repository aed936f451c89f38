"""Every route of the API, in the order in which it is described."""

from safety.web.api import accounts, administration, cases, commands, duties, history, own, packs, reports, rota, trials
from safety.web.api.declaring import Endpoints

GROUPS: tuple[Endpoints, ...] = (
    trials.endpoints,
    duties.endpoints,
    cases.endpoints,
    history.endpoints,
    reports.endpoints,
    packs.endpoints,
    rota.endpoints,
    administration.endpoints,
    accounts.endpoints,
    own.endpoints,
    commands.endpoints,
)
