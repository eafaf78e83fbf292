// The overview: numbers that follow the page, and the category that is shown.
import { get, key, say } from "./base.js";

const numbers = document.getElementById("numbers");

/** Choosing a category shows it; nobody has to press a button as well. */
function bind() {
  const select = document.getElementById("category");
  select?.addEventListener("change", () => select.form.requestSubmit());
}

if (numbers?.dataset.address) {
  const elapsed = document.getElementById("elapsed");
  const start = performance.now();
  const clock = setInterval(() => {
    elapsed.textContent = `${Math.round((performance.now() - start) / 1000)} s`;
  }, 1000);
  get(numbers.dataset.address)
    .then(({ html }) => { // rendered by our own templates, in which all text is escaped
      const template = document.createElement("template");
      template.innerHTML = html;
      numbers.replaceChildren(template.content);
      bind();
    })
    .catch((error) => {
      numbers.replaceChildren(Object.assign(document.createElement("p"), { className: "note caution", textContent: error.message }));
      say(error.message);
    })
    .finally(() => clearInterval(clock));
} else {
  bind();
}

key("c", "choose the category", () => document.getElementById("category")?.focus());
