/* Passkeys: a button with data-passkey asks the desk at that address what the device has to answer (data-kind is get or create),
   hands it to the device, puts the answer into the form as `passkey` and sends the form. Without scripts the button stays hidden. */
(() => {
  "use strict";
  if (!window.PublicKeyCredential) return;

  const bytes = (text) => {
    const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
  };
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

  const opened = (asked) => {
    const known = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));
    const said = { ...asked, challenge: bytes(asked.challenge) };
    if (asked.user) said.user = { ...asked.user, id: bytes(asked.user.id) };
    if (asked.excludeCredentials) said.excludeCredentials = known(asked.excludeCredentials);
    if (asked.allowCredentials) said.allowCredentials = known(asked.allowCredentials);
    return said;
  };

  const written = (found) => {
    const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
    const held = parts.filter((name) => found.response[name]).map((name) => [name, text(found.response[name])]);
    const said = { id: found.id, rawId: text(found.rawId), type: found.type, response: Object.fromEntries(held) };
    return JSON.stringify({ ...said, clientExtensionResults: {} });
  };

  const answer = async (button, form) => {
    const headers = { "X-CSRF-Token": form.elements.csrf.value };
    const asked = await fetch(button.dataset.passkey, { method: "POST", headers });
    if (!asked.ok) throw new Error(asked.statusText);
    const publicKey = opened(await asked.json());
    return written(await navigator.credentials[button.dataset.kind]({ publicKey }));
  };

  const send = (form, said) => {
    const field = form.elements.passkey ?? document.createElement("input");
    Object.assign(field, { type: "hidden", name: "passkey", value: said });
    form.append(field);
    form.noValidate = true;
    form.requestSubmit([...form.elements].find((one) => one.matches("button[type=submit]:not([value=check])")));
  };

  const arm = (button) => {
    const form = button.form;
    const told = button.parentElement.querySelector("[data-told]");
    button.hidden = false;
    button.addEventListener("click", async () => {
      if (button.dataset.kind === "create" && !form.reportValidity()) return;
      button.disabled = true;
      try {
        send(form, await answer(button, form));
      } catch {
        told.textContent = button.dataset.failed;
      }
      button.disabled = false;
    });
  };
  const prepare = () => {
    for (const button of document.querySelectorAll("button[data-passkey][hidden]")) arm(button);
  };
  document.addEventListener("vigilog:shown", prepare); // a form that came back with what was typed
  prepare();
})();
