// The pair: its keys.
import { copy, key, say } from "./base.js";

const follow = (selector, none) => {
  const to = document.querySelector(selector);
  if (to) location.assign(to.href);
  else say(none);
};
key("j", "next epoch", () => follow("a[rel=next]", "This is the last epoch."));
key("k", "previous epoch", () => follow("a[rel=prev]", "This is the first epoch."));
key("]", "next request", () => follow("#request-after", "This is the last request."));
key("[", "previous request", () => follow("#request-before", "This is the first request."));
key("g", "read it alone", () => location.assign(document.querySelector(".pair").dataset.read));
key("s", "open or close what is folded", () => {
  const folds = [...document.querySelectorAll(".fold")];
  const open = folds.some((fold) => !fold.open);
  folds.forEach((fold) => { fold.open = open; });
});
key("y", "copy the address of this page", () => copy(location.href, "Copied the address."));
key("o", "overview", () => location.assign("/"));
document.getElementById("factor")?.addEventListener("change", (event) => event.target.form.submit());
