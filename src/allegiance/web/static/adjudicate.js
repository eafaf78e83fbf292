// Settling by keys: a value by its letter or number, a reason before it.

import { key } from "./base.js";

const form = document.querySelector("form.settle");
for (const button of form ? form.querySelectorAll(".values button") : []) {
  const keys = [button.dataset.letter, button.dataset.digit].filter(Boolean);
  if (keys.length) key(keys, `settle it as ${button.value}`, () => button.click());
}
if (form) {
  key("r", "write the reason (Esc: done)", () => form.querySelector("#reason").focus());
  key("m", "more: the whole transcript", () => document.querySelector("[data-does=whole]")?.click());
  document.querySelector(".reading").focus({ preventScroll: true });
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault(); // a second press while the first is under way
    form.dataset.sent = "1";
  });
}
