// Claims: copying a sentence, filters that act at once, and a file read into the form.
import { copy, key, say } from "./base.js";

for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", () => copy(button.dataset.copy, "Copied, with its certificate."));
}
for (const button of document.querySelectorAll("[data-copy-from]")) {
  button.addEventListener("click", () => copy(button.parentElement.querySelector(button.dataset.copyFrom).textContent));
}

const filter = document.getElementById("filter");
filter?.addEventListener("change", () => filter.requestSubmit());

const verify = document.getElementById("verify");
verify?.addEventListener("submit", () => {
  const button = verify.querySelector("button");
  button.textContent = "Recomputing…";
  say("Recomputing everything that the certificate says.");
});
document.getElementById("checks")?.focus();

const compose = document.getElementById("compose");
// A draw that is chosen says at once what it licenses. (A category that is typed doesn't: leaving its field by way of
// the last button must press that button.)
compose?.elements.draw?.addEventListener("change", () => compose.requestSubmit(compose.querySelector("[formmethod=get]")));

const file = document.getElementById("file");
file?.addEventListener("change", async () => {
  const [chosen] = file.files;
  if (!chosen) return;
  if (chosen.size > 1_000_000) { say("This file is longer than any challenge."); return; }
  document.getElementById("yaml").value = await chosen.text();
  say(`Read ${chosen.name}; nothing is sent yet.`);
});

if (document.querySelector('a[href="/claims/new"]')) key("n", "new claim", () => { location.href = "/claims/new"; });
if (document.querySelector("[data-copy]")) key("y", "copy the sentence with its certificate", () => document.querySelector("[data-copy]").click());
