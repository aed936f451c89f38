/* The keys of a page: none fires while typing, none commits anything, and all can be switched off under "?".
   Rows carry data-row, links data-go="w" (after g) or data-key="n"; the server renders everything, this only moves the focus
   and lists in a dialog what the page has. */
(() => {
  "use strict";
  const OFF = "vigilog-keys-off";
  const dialog = document.getElementById("keys");
  let after = "";

  const off = (() => {
    let said = false; // where the browser keeps nothing, for this page alone
    return {
      get: () => { try { return Boolean(localStorage.getItem(OFF)); } catch { return said; } },
      set: (value) => { said = value; try { value ? localStorage.setItem(OFF, "1") : localStorage.removeItem(OFF); } catch { /* said holds it */ } },
    };
  })();
  const typing = (target) => target.isContentEditable || (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && !/^(radio|checkbox|button|submit)$/.test(target.type));
  const seen = (element) => element.getClientRects().length > 0;
  const all = (selector) => [...document.querySelectorAll(selector)].filter(seen);

  const move = (by) => {
    const rows = all("[data-row]");
    const at = rows.findIndex((row) => row.contains(document.activeElement));
    const next = rows[Math.min(Math.max(at + by, 0), rows.length - 1)];
    const target = next?.querySelector("a, button");
    target?.focus();
    target?.scrollIntoView({ block: "nearest" });
  };

  const follow = (selector) => {
    const [found] = all(selector);
    if (!found) return false;
    if (found.matches("input, select, textarea")) found.focus();
    else found.click();
    return true;
  };

  /* ----- what there is ----- */
  const called = (element) => (element.labels?.[0] ?? element).textContent.trim().replace(/\s+/g, " ") || element.getAttribute("aria-label");
  const line = (keys, text) => {
    const row = document.createElement("div"), term = document.createElement("dt"), told = document.createElement("dd");
    keys.forEach((key, index) => {
      if (index) term.append(" ");
      term.append(Object.assign(document.createElement("kbd"), { textContent: key }));
    });
    told.textContent = text;
    row.append(term, told);
    return row;
  };
  const show = () => {
    const list = dialog.querySelector("dl"), words = dialog.dataset, told = new Map();
    for (const one of all("[data-key]")) if (!told.has(one.dataset.key)) told.set(one.dataset.key, line([one.dataset.key], called(one)));
    for (const one of document.querySelectorAll("[data-go]")) if (!told.has(`g${one.dataset.go}`)) told.set(`g${one.dataset.go}`, line(["g", one.dataset.go], called(one)));
    if (all("[data-row]").length) told.set("j", line(["j", "k"], words.rows)).set("Enter", line(["Enter"], words.open));
    if (all("main details").length) told.set("e", line(["e"], words.explain));
    list.replaceChildren(...told.values());
    dialog.querySelector("input").checked = !off.get();
    dialog.showModal();
  };
  if (dialog) {
    for (const one of document.querySelectorAll("[data-keys]")) {
      one.hidden = false;
      one.addEventListener("click", show);
    }
    dialog.querySelector("input").addEventListener("change", (event) => off.set(!event.target.checked));
    dialog.querySelector("button").addEventListener("click", () => dialog.close());
  }

  document.addEventListener("keydown", (event) => {
    const menu = document.querySelector(".menu[open]");
    if (event.key === "Escape" && menu) {
      menu.open = false;
      return menu.querySelector("summary").focus();
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || dialog?.open || off.get()) return;
    const key = event.key;
    const goes = after === "g";
    after = "";
    if (goes && /^[a-z]$/.test(key) && follow(`[data-go="${key}"]`)) event.preventDefault();
    else if (key === "g") after = "g";
    else if (key === "j") move(1);
    else if (key === "k") move(-1);
    else if (key === "e") for (const one of document.querySelectorAll("main details")) one.open = true;
    else if (/^[antxs/.?[\]]$/.test(key)) {
      const row = document.activeElement?.closest("[data-row]");
      const mine = row?.querySelector(`[data-key="${key}"]`);
      if (mine) mine.click();
      else if (!follow(`[data-key="${key}"]`)) return;
      event.preventDefault();
    }
  });

  document.querySelector("[data-focus]")?.focus();
})();
