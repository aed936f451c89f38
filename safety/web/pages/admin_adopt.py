"""Rule packs are adopted here: what is signed for is shown whole, what it would change is counted, and the signature puts it in force."""

from typing import Any

from fastapi import Response

from safety.aggregates.deciding import Refused
from safety.aggregates.rule_pack import Adopted, known_pack
from safety.web.acting import Fault, unsigned
from safety.web.asking import Ask, Asked
from safety.web.declaring import Pages
from safety.web.pages.admin_packs import chosen_packs, would_change
from safety.web.rules_in_words import unsure_of
from safety.web.signing import NotSigned, signature, wanted

pages = Pages()

ADOPT = "/trials/{trial}/packs/adopt"
COMMAND = "trial.adopt_rule_pack"
ANSWERS = {"yes": True, "no": False}


@pages.shows(ADOPT, COMMAND)
def ask_signature(ask: Ask) -> Response:
    """Show what would be signed for."""
    names = ask.request.query_params.getlist("pack")
    return shown(ask, names, form_of(ask, names))


@pages.takes(ADOPT, COMMAND)
def adopt(ask: Ask) -> Response:
    """Let the packs govern the trial; signed."""
    names = [str(name) for name in ask.form.getlist("pack")]
    form = form_of(ask, names)
    try:
        # What the rules refuse is said before anybody is asked to prove who they are.
        ask.home.desk.would(COMMAND, form, by=ask.account)
        ask.do(COMMAND, form, signature=signature(ask, "approval", "responsibility"))
    except NotSigned as fault:
        return shown(ask, names, form, Fault("sign-passphrase", str(fault), signing=True))
    except Refused as fault:
        return shown(ask, names, form, Fault("act", str(fault)))
    return ask.go(ask.in_trial("/packs"))


def form_of(ask: Asked, names: list[str]) -> Adopted:
    """Fill in the form that is signed: the packs, and what the trial answers to what they leave to it."""
    form = chosen_packs(ask, names)
    said = {name: ANSWERS.get(ask.text(f"answer-{name}")) for name in asks(form)}
    answered = {name: answer for name, answer in said.items() if answer is not None}
    configuration = answered if ask.request.method == "POST" else form.configuration
    return form.model_copy(update={"configuration": configuration, "printed_name": ask.name})


def asks(form: Adopted) -> dict[str, str]:
    """Give what the packs leave to the trial to answer, each with its meaning."""
    packs = (known_pack(document.file) for document in form.packs)
    return {name: says for pack in packs for name, says in pack.configuration.items()}


def shown(ask: Asked, names: list[str], form: Adopted, fault: Fault | None = None) -> Response:
    """Show what is signed for, what it would change, and the block that takes the signature."""
    packs = [known_pack(document.file) for document in form.packs]
    unsure = unsure_of(packs)
    said: dict[str, Any] = {
        "names": names,
        "form": form,
        "packs": packs,
        "unsure": unsure,
        "asks": asks(form),
        "found": would_change(ask, form),
        "signing": wanted(ask, "approval", "responsibility", error=unsigned(fault)),
    }
    return ask.render("admin/adopt.html.j2", 422 if fault else 200, fault=fault, **said)
