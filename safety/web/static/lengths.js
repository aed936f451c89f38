/* Counts what is typed against what is taken: a line with `data-most` says of the field that it names how long that is, once it
   is worth knowing. What is too long is not sent; it stays where it was typed. */
(() => {
  "use strict";
  const NEAR = 0.8;
  const number = new Intl.NumberFormat(document.documentElement.lang);
  const length = (text, most) => (text.length <= most ? text.length : [...text].length);
  const lines = (within) => [...within.querySelectorAll("[data-most]")];

  const count = (line) => {
    const field = document.getElementById(line.dataset.of), most = Number(line.dataset.most);
    const long = length(field.value, most), over = long > most;
    const said = over ? line.dataset.over : long > most * NEAR ? line.dataset.count : line.dataset.plain;
    line.textContent = said.replace("%(n)s", number.format(long)).replace("%(over)s", number.format(long - most));
    line.className = over ? "fine error" : "fine quiet";
    field.toggleAttribute("aria-invalid", over);
    if (over) field.setAttribute("aria-invalid", "true");
    return over ? field : null;
  };
  const longest = (form) => lines(form).map(count).find(Boolean);

  document.addEventListener("input", (event) => {
    const line = event.target.id && document.querySelector(`[data-of="${CSS.escape(event.target.id)}"]`);
    if (line) count(line);
    else if (event.target.matches("form")) longest(event.target);
  });
  // Before anything else that a form does when it is sent: by the button, or asked by itself as its answers change.
  document.addEventListener("submit", (event) => {
    const field = longest(event.target);
    if (!field) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    field.focus();
    field.scrollIntoView({ block: "center" });
  }, true);
  document.addEventListener("htmx:before:request", (event) => {
    const form = event.target.closest?.("form");
    if (form && longest(form)) event.preventDefault();
  });
})();
