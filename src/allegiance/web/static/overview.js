// The overview: numbers that follow the page, and the category that is shown.
import { get, key, say } from "./base.js";

const CHOSEN = "allegiance-chosen";

/** Choosing a category shows it; nobody has to press a button as well, and the keys stay where they were. */
function bind() {
  const select = document.getElementById("category");
  if (!select) return;
  select.onchange = () => {
    try { sessionStorage.setItem(CHOSEN, "1"); } catch { /* the next page begins at its top */ }
    select.form.requestSubmit();
  };
  try {
    if (sessionStorage.getItem(CHOSEN)) select.focus({ preventScroll: true });
    sessionStorage.removeItem(CHOSEN);
  } catch { /* it begins at its top */ }
}

/** Fetch what takes long into its place, and what that part still lacks in turn. */
async function fill(place) {
  const start = performance.now();
  const elapsed = place.querySelector(".elapsed");
  const clock = setInterval(() => { elapsed.textContent = `${Math.round((performance.now() - start) / 1000)} s`; }, 1000);
  try {
    const { html } = await get(place.dataset.address);
    const template = document.createElement("template");
    template.innerHTML = html; // rendered by our own templates, in which all text is escaped
    place.replaceChildren(template.content);
    place.removeAttribute("data-address");
    bind();
    for (const next of place.querySelectorAll("[data-address]")) fill(next);
  } catch (error) {
    place.replaceChildren(Object.assign(document.createElement("p"), { className: "note caution", textContent: error.message }));
    say(error.message);
  } finally {
    clearInterval(clock);
  }
}

// A dot that is pointed at, or stepped to, says its numbers under its drawing.
for (const figure of document.querySelectorAll("figure")) {
  const tell = ({ target }) => {
    const dot = target.closest(".dot");
    if (dot) figure.querySelector(".reading").textContent = dot.querySelector("title").textContent;
  };
  figure.addEventListener("pointerover", tell);
  figure.addEventListener("focusin", tell);
}

bind();
for (const place of document.querySelectorAll("[data-address]")) fill(place);

key("c", "choose the category", () => document.getElementById("category")?.focus());
