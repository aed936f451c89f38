/* Lets the clocks of a page run on between two answers of the server. Time is counted from what the server said, by a
   counter that only goes forward: a wrong clock of this machine shows no wrong time. Words and shape change with the colour. */
(() => {
  "use strict";
  const live = document.getElementById("live");
  if (!live) return;
  const words = JSON.parse(live.dataset.words);
  const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR, SOON = 48 * HOUR;
  const ICONS = { late: "late", soon: "soon", "": "later" };
  let said = Number(live.dataset.now);
  let heard = performance.getEntriesByType("navigation")[0]?.responseStart ?? 0;

  const now = () => said + performance.now() - heard;

  const lasted = (ms) => {
    if (ms < MINUTE) return words.less;
    const days = Math.floor(ms / DAY), hours = Math.floor((ms % DAY) / HOUR), minutes = Math.floor((ms % HOUR) / MINUTE);
    const told = [];
    if (days) told.push((days === 1 ? words.day : words.days).replace("%(n)d", days));
    if (hours) told.push(words.hours.replace("%(n)d", hours));
    if (minutes && !days) told.push(words.minutes.replace("%(n)d", minutes));
    return told.join(" ");
  };

  const write = (clock, kind, pattern, ms) => {
    const left = clock.querySelector(".left");
    const text = pattern.replace("%(time)s", lasted(ms));
    if (left.lastChild.textContent !== text) left.lastChild.textContent = text;
    if (kind === undefined || clock.dataset.kind === kind) return;
    const before = clock.dataset.kind;
    clock.dataset.kind = kind;
    clock.classList.remove("clock--soon", "clock--late");
    if (kind) clock.classList.add(`clock--${kind}`);
    left.querySelector("use")?.setAttribute("href", `/static/icons.svg#${ICONS[kind]}`);
    if (before !== undefined) live.dispatchEvent(new CustomEvent("vigilog:crossed"));
  };

  const draw = () => {
    const at = now();
    for (const clock of document.querySelectorAll("[data-due]")) {
      const due = Number(clock.dataset.due), from = Number(clock.dataset.from);
      if (due <= at) write(clock, "late", words.overdue, at - due);
      else write(clock, due <= at + SOON ? "soon" : "", words.left, due - at);
      const used = due > from ? Math.round((100 * (at - from)) / (due - from)) : 100;
      clock.querySelector(".fg")?.setAttribute("width", Math.min(100, Math.max(0, used)));
    }
    for (const clock of document.querySelectorAll("[data-since]"))
      write(clock, undefined, words.waited, Math.max(0, at - Number(clock.dataset.since)));
  };

  live.addEventListener("vigilog:now", (event) => {
    said = event.detail;
    heard = performance.now();
    draw();
  });
  document.addEventListener("htmx:after:swap", draw);
  setInterval(draw, 5_000);
  draw();
})();
