/* Keeps what is typed in a form with `data-draft` on this device until the desk has taken it: through a dead network, a closed
   tab and a session that ends. One draft an account and form, a day at most; signing out erases them. A form that was sent
   and not answered is sent again under the same act, so that it is done once. */
(() => {
  "use strict";
  const account = document.body.dataset.account;
  const PREFIX = "vigilog-draft:", DAY = 86_400_000, PATIENCE = 30_000;
  const SECRET = "input[type=password], input[name=code], input[type=hidden]";

  const store = (() => {
    try {
      localStorage.setItem(`${PREFIX}try`, "");
      localStorage.removeItem(`${PREFIX}try`);
      return localStorage;
    } catch {
      return null; // the browser keeps nothing: the form works as it does without scripts
    }
  })();
  if (!store) return;

  const read = (key) => {
    try {
      const kept = JSON.parse(store.getItem(key));
      return kept && Date.now() - kept.at < DAY && kept.at < Date.now() + DAY ? kept : null;
    } catch {
      return null;
    }
  };
  const drafts = (of = "") => Object.keys(store).filter((key) => key.startsWith(PREFIX + of));
  for (const key of drafts()) if (!read(key)) store.removeItem(key);
  document.addEventListener("submit", (event) => {
    if (account && new URL(event.target.action).pathname === "/sign-out") for (const key of drafts(`${account}:`)) store.removeItem(key);
  });
  if (!account) return;

  const made = (tag, named = {}, ...inside) => {
    const one = Object.assign(document.createElement(tag), named);
    one.append(...inside);
    return one;
  };
  const when = (at) => {
    const day = new Date(at), two = (number) => String(number).padStart(2, "0");
    const time = `${two(day.getHours())}:${two(day.getMinutes())}`;
    const date = `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
    return day.toDateString() === new Date().toDateString() ? time : `${date} ${time}`;
  };

  const prepare = () => {
    const form = document.querySelector("form[data-draft]");
    if (!form) return;
    const words = JSON.parse(form.dataset.words);
    const key = `${PREFIX}${account}:${form.dataset.draft}`;
    const fields = () => [...form.elements].filter((one) => one.name && !one.matches(SECRET) && !one.matches("button, fieldset"));
    const typed = () => fields().flatMap((one) => (one.matches("[type=radio], [type=checkbox]") && !one.checked ? [] : [[one.name, one.value]]));
    const same = (one, other) => JSON.stringify(one.filter(([, value]) => value)) === JSON.stringify(other.filter(([, value]) => value));
    const blank = typed();
    let told = null, soon = 0, tried, touched = false, done = false;

    const say = (text, ...more) => {
      told?.remove();
      told = made("div", { className: "notice draft", role: "status", tabIndex: -1 }, made("span", { textContent: text }), ...more);
      form.parentElement.before(told);
    };
    const button = (text, does, className = "btn btn--s") => {
      const one = made("button", { type: "button", className, textContent: text });
      one.addEventListener("click", does);
      return one;
    };
    const keep = () => {
      clearTimeout(soon);
      if (!done && (touched || tried)) store.setItem(key, JSON.stringify({ at: Date.now(), fields: typed(), tried }));
    };

    const put = (saved) => {
      const left = new Map();
      for (const [name, value] of saved) left.set(name, [...(left.get(name) ?? []), value]);
      for (const one of fields()) {
        const values = left.get(one.name) ?? [];
        if (one.matches("[type=radio], [type=checkbox]")) one.checked = values.includes(one.value);
        else one.value = values[0] ?? "";
      }
    };
    const restore = (kept) => {
      put(kept.fields);
      const placed = new Set(typed().map(String)), missing = kept.fields.filter((pair) => !placed.has(String(pair)));
      if (kept.tried) form.elements.act.value = tried = kept.tried;
      touched = true;
      told.remove();
      // Doses are offered once the subject is known: what belongs to them is put back when they have come.
      document.addEventListener("htmx:after:swap", () => put([...typed().filter(([name]) => !missing.some(([one]) => one === name)), ...missing]), { once: true });
      form.dispatchEvent(new Event("change", { bubbles: true }));
      form.querySelector("select, input:not([type=hidden])").focus();
    };

    const kept = read(key);
    if (kept && !same(kept.fields, blank)) {
      const at = when(kept.at);
      say(
        (kept.tried ? words.tried : words.began).replace("%(when)s", at),
        button(words.restore.replace("%(when)s", at), () => restore(kept), "btn btn--s btn--go"),
        button(words.discard, () => { store.removeItem(key); told.remove(); }),
      );
    }
    form.append(made("p", { className: "fine quiet", textContent: words.kept }));

    form.addEventListener("input", () => {
      touched = true;
      clearTimeout(soon);
      soon = setTimeout(keep, 300);
    });
    addEventListener("pagehide", () => keep());
    document.addEventListener("visibilitychange", () => keep());

    /* ----- sending ----- */
    const fail = (text, ...more) => {
      say(text, ...more);
      told.setAttribute("role", "alert");
      told.scrollIntoView({ block: "center" });
      told.focus();
    };
    const again = (text) => made("a", { className: "btn btn--s", textContent: text, href: location.pathname + location.search });
    const answered = async (answer) => {
      const where = new URL(answer.url);
      if (where.pathname === "/sign-in") return fail(words.ended, made("a", { className: "btn btn--s", textContent: words.signin, href: `/sign-in?next=${encodeURIComponent(location.pathname)}` }));
      if (answer.ok && answer.redirected) {
        done = true;
        store.removeItem(key);
        return location.assign(where);
      }
      if (answer.ok || answer.status === 422) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        if (page.querySelector("form[data-draft]")) {
          tried = undefined; // the desk has answered: nothing was filed
          touched = true;
          keep();
          done = true; // the form that comes in its place keeps on
          document.getElementById("main").replaceWith(page.getElementById("main"));
          htmx.process(document.getElementById("main"));
          (document.querySelector("[data-focus]") ?? document.getElementById("main")).focus();
          return prepare();
        }
      }
      return fail(words.refused, again(words.reload));
    };
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const pressed = event.submitter, body = new URLSearchParams(new FormData(form, pressed));
      if (form.getAttribute("aria-busy")) return;
      form.setAttribute("aria-busy", "true");
      if (pressed?.value === "file") tried = form.elements.act.value;
      keep();
      try {
        await answered(await fetch(form.action, { method: "POST", body, signal: AbortSignal.timeout(PATIENCE) }));
      } catch {
        fail(words.unsent);
      } finally {
        form.removeAttribute("aria-busy");
      }
    });
  };
  prepare();
})();
