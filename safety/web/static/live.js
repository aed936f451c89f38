/* Hears from the server that something of this page has changed, and asks for the page's part anew. Nothing that somebody
   is working on is overwritten: then a quiet bar says how much is new, and waits to be pressed. A page that nobody sees
   lets go of its line. */
(() => {
  "use strict";
  const live = document.getElementById("live");
  if (!live?.dataset.feed) return;
  const words = JSON.parse(live.dataset.words);
  const QUIET = 1_500, LOST = 40_000, AGAIN = 30_000;
  const typed = new WeakSet();
  let position = Number(live.dataset.position);
  let things = 0, waiting = false, asking = false, moved = 0, line = null, lost = 0, later = 0;

  /* ----- the bar ----- */
  const say = (text, press, kind = "") => {
    live.className = kind === "vh" || !text ? "live vh" : `live is-shown ${kind}`;
    live.replaceChildren();
    if (!text) return;
    live.append(Object.assign(document.createElement("span"), { textContent: text }));
    if (press) live.append(press);
  };
  const button = (text, does) => {
    const made = Object.assign(document.createElement("button"), { type: "button", className: "btn btn--s", textContent: text });
    made.addEventListener("click", does);
    return made;
  };
  const link = (text, href) => Object.assign(document.createElement("a"), { className: "btn btn--s", textContent: text, href });
  const news = () => (things ? words.news.replace("%(n)s", things) : words.changed);

  /* ----- whether somebody is at work ----- */
  const main = () => document.getElementById("main");
  const working = () => {
    const focused = document.activeElement;
    if (main().contains(focused) && focused.matches("input, textarea, select")) return true;
    if (document.querySelector("dialog[open]") || (getSelection()?.isCollapsed === false)) return true;
    return [...main().querySelectorAll("form")].some((form) => typed.has(form));
  };
  document.addEventListener("input", (event) => {
    if (!event.target.form) return;
    typed.add(event.target.form);
    event.target.form.setAttribute("hx-morph-skip", "");
  });
  for (const name of ["pointermove", "pointerdown", "keydown", "wheel", "touchmove"])
    document.addEventListener(name, () => { moved = performance.now(); }, { passive: true });

  /* ----- asking anew ----- */
  htmx.registerExtension("vigilog-live", {
    htmx_before_morph_attr: (element, { attrName }) => !(element.tagName === "DETAILS" && attrName === "open"),
    htmx_before_swap: (_, { ctx }) => !(ctx.byItself && ctx.response.status >= 400),
  });

  const refresh = async () => {
    if (asking) return;
    asking = true;
    const told = news(), before = document.activeElement?.id;
    try {
      const headers = { "X-Vigilog-By-Itself": "1" };
      const parts = { target: "#main", select: "#main", swap: "outerMorph", selectOOB: "#stamp" };
      await htmx.ajax("GET", location.pathname + location.search, { ...parts, headers, byItself: true });
      const stands = Number(document.getElementById("stamp").dataset.position);
      if (stands >= position) {
        position = stands;
        things = 0;
        waiting = false;
        if (before && document.activeElement === document.body) document.getElementById(before)?.focus();
        say(`${words.shown} ${told}`, null, "vh");
      }
    } finally {
      asking = false;
    }
  };
  const settle = () => {
    if (!waiting || asking) return;
    if (working()) {
      if (!live.querySelector("button")) say(news(), button(words.show, refresh));
      else live.firstChild.textContent = news();
    } else if (performance.now() - moved > QUIET) refresh();
  };
  setInterval(settle, 500);
  live.addEventListener("vigilog:crossed", () => { waiting = true; });

  /* ----- the line ----- */
  const over = {
    ended: () => say(words.ended, link(words.signin, `/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`), "live--lost"),
    full: () => say(words.full, button(words.reload, () => location.reload()), "live--lost"),
    far: () => say(words.far, button(words.reload, () => location.reload())),
  };
  const away = () => { if (!waiting) say(words.lost, button(words.reload, () => location.reload()), "live--lost"); };
  const hangUp = () => {
    line?.close();
    line = null;
    clearTimeout(lost);
    clearTimeout(later);
  };
  const dial = () => {
    hangUp();
    const address = new URL(live.dataset.feed, location.href);
    address.searchParams.set("after", position);
    line = new EventSource(address);
    lost = setTimeout(away, LOST);
    line.addEventListener("now", (event) => {
      clearTimeout(lost);
      lost = setTimeout(away, LOST);
      live.dataset.state = "followed";
      if (live.classList.contains("live--lost")) say("");
      live.dispatchEvent(new CustomEvent("vigilog:now", { detail: JSON.parse(event.data).ms }));
    });
    line.addEventListener("changed", (event) => {
      const told = JSON.parse(event.data);
      if (told.position <= position) return;
      position = told.position;
      things += told.things;
      waiting = true;
      settle();
    });
    line.addEventListener("over", (event) => {
      hangUp();
      over[JSON.parse(event.data).why]?.();
    });
    line.addEventListener("error", () => {
      if (line?.readyState === EventSource.CLOSED) later = setTimeout(dial, AGAIN);
    });
  };
  document.addEventListener("visibilitychange", () => (document.hidden ? hangUp() : dial()));
  addEventListener("pagehide", hangUp);
  if (!document.hidden) dial();
})();
