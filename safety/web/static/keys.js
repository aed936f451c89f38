/* The keys of DESIGN-LANGUAGE: none fires while typing, none commits anything, and all can be switched off under "?".
   Rows carry data-row, links data-go="w" (after g) or data-key="n"; the server renders everything, this only moves the focus. */
(() => {
  "use strict";
  const OFF = "vigilog-keys-off";
  let after = "";

  const typing = (target) => target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
  const seen = (element) => element.getClientRects().length > 0;
  const rows = () => [...document.querySelectorAll("[data-row]")].filter(seen);

  const move = (by) => {
    const all = rows();
    const at = all.findIndex((row) => row.contains(document.activeElement));
    const next = all[Math.min(Math.max(at + by, 0), all.length - 1)];
    next?.querySelector("a, button")?.focus();
  };

  const follow = (selector) => {
    const found = [...document.querySelectorAll(selector)].find(seen);
    if (!found) return false;
    if (found.matches("input, select, textarea")) found.focus();
    else found.click();
    return true;
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || localStorage.getItem(OFF)) return;
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
