/* Keeps what is typed in a form with `data-draft` on this device until the desk has taken it: through a dead network, a closed
   tab and a session that ends. One draft an account and form, a day at most; signing out erases them. What is kept is what
   somebody changed, so that fields left alone follow the record; never a token, a secret, or what a signature is made of.
   A form that was sent and not answered is sent again under the same act, so that it is done once; one that adds to the record
   (`data-whole`) then as a whole, whatever it would be filled in with by now. */
(() => {
  "use strict";
  /* What is fetched is parsed as where there are no scripts: the hidden button of a <noscript> would be the one that Enter presses. */
  const bare = (part) => { for (const one of part.querySelectorAll("noscript")) one.remove(); };
  document.addEventListener("htmx:after:swap", () => bare(document));
  const account = document.body.dataset.account;
  const PREFIX = "vigilog-draft:", DAY = 86_400_000, PATIENCE = 30_000, SHORT = 50_000;
  const UNKEPT = "button, fieldset, [type=password], [type=hidden], [name=read_at], [name=code], [data-signs] *";

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
      return kept?.was && Date.now() - kept.at < DAY && kept.at < Date.now() + DAY ? kept : null;
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
  const differ = (one, other) => JSON.stringify((one ?? []).filter(Boolean)) !== JSON.stringify((other ?? []).filter(Boolean));
  const some = (of, names) => Object.fromEntries(names.map((name) => [name, of[name] ?? []]));

  /* `before` is what a form held at first that is shown again with what was typed: its fields, and which were changed. */
  const prepare = (before) => {
    const form = document.querySelector("form[data-draft]");
    if (!form) return;
    const words = JSON.parse(form.dataset.words), whole = "whole" in form.dataset;
    const key = `${PREFIX}${account}:${form.dataset.draft}`;
    const fields = () => [...form.elements].filter((one) => one.name && !one.matches(UNKEPT));
    const typed = () => {
      const said = {};
      for (const one of fields()) {
        said[one.name] ??= [];
        if (!one.matches("[type=radio], [type=checkbox]") || one.checked) said[one.name].push(one.value);
      }
      return said;
    };
    const blank = before ? { ...typed(), ...some(before.blank, before.names) } : typed();
    const changed = () => {
      const now = typed();
      return Object.keys(now).filter((name) => differ(now[name], blank[name]));
    };
    let told = null, soon = 0, tried, touched = Boolean(before), done = false, full = false;

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
    const forget = () => store.removeItem(key);

    /* ----- keeping ----- */
    const hint = made("p", { className: "fine quiet" });
    const write = (names) => {
      try {
        store.setItem(key, JSON.stringify({ at: Date.now(), fields: some(typed(), names), was: some(blank, names), tried }));
        return true;
      } catch {
        return false; // there is no room for it
      }
    };
    const keep = () => {
      clearTimeout(soon);
      if (done || !(touched || tried)) return;
      const now = typed(), names = tried && whole ? Object.keys(now) : changed();
      if (!names.length && !tried) forget();
      full = names.length > 0 && !write(names);
      if (full) write(names.filter((name) => now[name].join("").length < SHORT));
      hint.textContent = full ? words.full : words.kept;
      form.append(hint); // not before something is kept: nothing moves under who reads
    };

    /* ----- putting it back ----- */
    const put = (saved) => {
      for (const one of fields()) {
        const values = saved[one.name];
        if (!values) continue;
        if (one.matches("[type=radio], [type=checkbox]")) one.checked = values.includes(one.value);
        else one.value = values[0] ?? "";
      }
    };
    const restore = (kept) => {
      put(kept.fields);
      const missing = Object.keys(kept.fields).filter((name) => differ(kept.fields[name], typed()[name]));
      if (kept.tried) form.elements.act.value = tried = kept.tried;
      touched = true;
      told.remove();
      // Doses are offered once the subject is known: what belongs to them is put back when they have come.
      document.addEventListener("htmx:after:swap", () => put(some(kept.fields, missing)), { once: true });
      form.dispatchEvent(new Event("change", { bubbles: true }));
      form.dispatchEvent(new Event("input", { bubbles: true }));
      form.querySelector("select, textarea, input:not([type=hidden])").focus();
    };

    const kept = before ? null : read(key);
    const lost = kept ? Object.keys(kept.fields).filter((name) => differ(kept.fields[name], blank[name])) : [];
    if (lost.length) {
      const at = when(kept.at), moved = !whole && lost.some((name) => differ(kept.was[name], blank[name]));
      say(
        (kept.tried ? words.tried : words.began).replace("%(when)s", at) + (moved ? ` ${words.moved}` : ""),
        button(words.restore.replace("%(when)s", at), () => restore(kept), "btn btn--s btn--go"),
        button(words.discard, () => { forget(); told.remove(); }),
      );
    } else if (kept) forget();

    form.addEventListener("input", () => {
      touched = true;
      clearTimeout(soon);
      soon = setTimeout(keep, 300);
    });
    addEventListener("pagehide", () => keep());
    document.addEventListener("visibilitychange", () => keep());
    addEventListener("beforeunload", (event) => {
      if (full && !done) event.preventDefault(); // it stands on this page alone
    });

    /* ----- sending ----- */
    const fail = (text, ...more) => {
      say(text, ...more);
      told.setAttribute("role", "alert");
      told.scrollIntoView({ block: "center" });
      told.focus();
    };
    const link = (text, href) => made("a", { className: "btn btn--s", textContent: text, href });
    const here = location.pathname + location.search;
    const again = (page) => {
      const held = { blank, names: changed() };
      tried = undefined; // the desk has answered: nothing was recorded
      touched = true;
      keep();
      done = true; // the form that comes in its place keeps on
      document.getElementById("main").replaceWith(page.getElementById("main"));
      htmx.process(document.getElementById("main"));
      (document.querySelector("[data-focus]") ?? document.getElementById("main")).focus();
      prepare(held);
      document.dispatchEvent(new Event("vigilog:shown"));
    };
    const answered = async (answer) => {
      const where = new URL(answer.url);
      if (where.pathname === "/sign-in") return fail(words.ended, link(words.signin, `/sign-in?next=${encodeURIComponent(here)}`));
      if (answer.ok && answer.redirected) {
        done = true;
        forget();
        return location.assign(where.href + (form.dataset.then ?? ""));
      }
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      bare(page);
      if (page.querySelector("form[data-draft]")) return again(page);
      if (answer.status === 413) return fail(words.large);
      return fail(`${words.refused} ${page.querySelector("[data-sentence]")?.textContent ?? ""}`, link(words.reload, here));
    };
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const pressed = event.submitter, body = new URLSearchParams(new FormData(form, pressed));
      if (form.getAttribute("aria-busy")) return;
      form.setAttribute("aria-busy", "true");
      if (pressed?.value !== "check") tried = form.elements.act.value;
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
