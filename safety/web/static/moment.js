/* Says beside the slider of the time bar at which position it stands while it is moved; the server says it where it stood. */
(() => {
  "use strict";
  const slide = document.getElementById("slide"), said = document.getElementById("slide-at");
  slide?.addEventListener("input", () => { said.textContent = said.dataset.words.replace("%(n)s", slide.value); });
})();
