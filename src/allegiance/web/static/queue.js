// Labelling by keys: the same forms as without a script, sent without leaving the page.

import { get, key, post, say } from "./base.js";

const desk = document.getElementById("desk");
const find = (what) => desk.querySelector(what);
const asked = () => find("form.asked");
let sending = false;

/** Send a form and put the next item, which comes with the answer, in the place of this one. */
async function send(form, button, more = {}) {
  if (sending) return;
  sending = true;
  desk.classList.add("waiting");
  try {
    const body = new FormData(form, button?.form === form ? button : null);
    for (const [name, value] of Object.entries(more)) body.set(name, value);
    const told = await post(form.getAttribute("action"), body);
    put(told.html);
    if (told.said) say(told.said);
  } catch (error) {
    say(error.message);
  } finally {
    sending = false;
    desk.classList.remove("waiting");
  }
}

/** Put what the server rendered in the place of the item. */
function put(html) {
  const open = find(".definition")?.open;
  const template = document.createElement("template");
  template.innerHTML = html;
  desk.replaceChildren(template.content);
  const definition = find(".definition");
  if (definition && open !== undefined) definition.open = open;
  CSS.highlights?.delete("quoted");
  window.scrollTo(0, 0);
  (find(".reading") ?? find(".through a"))?.focus({ preventScroll: true });
}

desk.addEventListener("submit", (event) => {
  if (!event.target.matches("form.answers")) return;
  event.preventDefault();
  send(event.target, event.submitter);
});

desk.addEventListener("click", (event) => {
  const does = event.target.closest("[data-does]")?.dataset.does;
  if (does === "quote") quote();
  if (does === "whole") { event.preventDefault(); whole(); }
  if (does === "skip") { event.preventDefault(); askWhy(); }
});

/** What is selected in the text, with the characters that are shown by their number put back. */
function selected() {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  const inside = range.commonAncestorContainer;
  const holder = inside.nodeType === Node.ELEMENT_NODE ? inside : inside.parentElement;
  if (!holder.closest("[data-quotable]")) return null;
  const part = range.cloneContents();
  for (const one of part.querySelectorAll(".hidden-character")) {
    one.replaceWith(String.fromCodePoint(Number(one.dataset.code)));
  }
  return { words: part.textContent.trim(), range: range.cloneRange() };
}

/** Put the selected words to the next answer, if they stand in the part that is asked about. */
async function quote() {
  const form = asked();
  if (!form) return;
  const chosen = selected();
  if (!chosen?.words) return say("Select words in the text first, then quote them.");
  const item = form.dataset.item;
  try {
    await post(`${desk.dataset.address}/quote`, { item, quote: chosen.words });
  } catch (error) {
    return say(error.message);
  }
  if (asked()?.dataset.item !== item) return undefined;
  const box = Object.assign(document.createElement("input"), { type: "checkbox", name: "quote", value: chosen.words, checked: true });
  const label = document.createElement("label");
  label.append(box, " ", Object.assign(document.createElement("q"), { textContent: chosen.words }));
  const line = document.createElement("li");
  line.append(label);
  form.querySelector(".quoted").append(line);
  if (CSS.highlights) {
    const marks = CSS.highlights.get("quoted") ?? new Highlight();
    marks.add(chosen.range);
    CSS.highlights.set("quoted", marks);
  }
  getSelection().removeAllRanges();
  return say("Quoted; it goes with your label.");
}

/** Show the whole transcript, or the part that is asked about alone. */
async function whole() {
  const place = find("#whole");
  if (!place || !find(".part")) return;
  if (!place.children.length) {
    try {
      const told = await get(`${desk.dataset.address}/whole?item=${asked().dataset.item}`);
      const template = document.createElement("template");
      template.innerHTML = told.html;
      place.replaceChildren(template.content);
    } catch (error) {
      say(error.message);
      return;
    }
  } else if (!place.hidden) {
    place.hidden = true;
    find(".more").hidden = false;
    window.scrollTo(0, 0);
    return;
  }
  place.hidden = false;
  find(".more").hidden = true;
  place.scrollIntoView({ block: "start" });
}

/** Ask why it can't be told; Enter skips it. */
function askWhy() {
  const why = find(".why-skip");
  if (!why) return;
  why.hidden = false;
  why.querySelector("input").focus();
}

desk.addEventListener("keydown", (event) => {
  if (event.target.id === "reason") {
    if (event.key === "Enter") {
      event.preventDefault();
      send(asked(), null, { value: "skip" });
    } else if (event.key === "Escape") {
      find(".why-skip").hidden = true;
      find(".reading").focus();
    }
  } else if (event.target.id === "note" && event.key === "Escape") {
    event.target.blur();
  }
});

const values = [...document.querySelectorAll("#value-keys li")].map((one) => one.dataset);
for (const { value, letter, digit } of values) {
  const keys = [letter, digit].filter(Boolean);
  if (!keys.length) continue;
  key(keys, `label it ${value}`, () => {
    const button = [...desk.querySelectorAll(".values button")].find((one) => one.value === value);
    if (button) send(button.form, button);
  });
}
const letters = values.map(({ letter }) => letter);
key(["q", "w"], "quote the words that are selected", quote);
key(letters.includes("n") ? "r" : ["n", "r"], "write a note, to go with the label (Esc: done)", () => find("#note")?.focus());
key("s", "skip it: it can't be told", askWhy);
key("u", "undo: take back the last answer", () => {
  const button = find("[data-does=undo]");
  if (button) send(button.form, button);
});
key("m", "more: the whole transcript, or the part that is asked about", whole);
key("d", "definition: show or hide", () => { const one = find(".definition"); if (one) one.open = !one.open; });
find(".reading")?.focus({ preventScroll: true });
