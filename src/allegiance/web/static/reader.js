// The reader: loading the rest of a long transcript, finding in it, highlights, quotes, labels, and the keys.
import { copy, get, key, post, say } from "./base.js";

const reader = document.querySelector(".reader");
const id = reader.dataset.id;
const blind = reader.dataset.blind === "1";
const conversation = document.querySelector(".conversation");
const map = document.querySelector(".map");
const link = (relation) => document.querySelector(`a[rel=${relation}]`);

// What was said before the page changed is said on the new one.
const SAID = "allegiance-said";
try {
  const waiting = sessionStorage.getItem(SAID);
  if (waiting) { sessionStorage.removeItem(SAID); say(waiting); }
} catch { /* no storage: nothing waits */ }

/* The rest of a long transcript */

const coming = new Map();

/** Load a part, once; gives its element. */
export function load(section) {
  if (section.dataset.loaded) return Promise.resolve(section);
  const number = section.dataset.part;
  if (!coming.has(number)) {
    coming.set(number, fetch(`/api/read/${id}/part/${number}${blind ? "?blind=1" : ""}`).then(async (answer) => {
      if (!answer.ok) throw new Error("A part of this transcript could not be loaded; load the page again.");
      const template = document.createElement("template");
      template.innerHTML = await answer.text(); // our own template, its text inert
      section.replaceChildren(template.content);
      section.dataset.loaded = "1";
      section.style.minHeight = "";
      measured(section);
      switchAll(section);
      paintSoon();
      if (held && places[at]) centre(rangeOf(places[at]));
      return section;
    }).catch((error) => { coming.delete(number); say(error.message); throw error; }));
  }
  return coming.get(number);
}

const pieces = new Map();

/** Know the pieces of a part, and guess how high they will be, so that nothing jumps once they are laid out. */
function measured(section) {
  for (const one of section.querySelectorAll(".piece")) {
    pieces.set(Number(one.dataset.n), one);
    const lines = one.textContent.split("\n").reduce((sum, line) => sum + 1 + Math.floor(line.length / 98), 0);
    one.style.containIntrinsicSize = `auto ${lines * 23.7}px`;
  }
}
conversation.querySelectorAll("[data-loaded]").forEach(measured);

const waiting = [...conversation.querySelectorAll(".part:not([data-loaded])")];
for (const section of waiting) {
  section.style.minHeight = `${Math.round(section.dataset.size / 95 + 2 * section.dataset.rows) * 23}px`;
}
const near = new IntersectionObserver((seen) => {
  for (const one of seen) if (one.isIntersecting) { near.unobserve(one.target); load(one.target).catch(() => {}); }
}, { rootMargin: "1500px" });
waiting.forEach((section) => near.observe(section));
const idle = window.requestIdleCallback ?? ((does) => setTimeout(does, 120));
function loadNext() {
  const section = waiting.find((one) => !one.dataset.loaded);
  if (section) idle(() => load(section).then(loadNext, () => {}));
}
idle(loadNext);

/* Places in the text: a piece and a character of it, a hidden character being one */

const piece = (number) => pieces.get(number);

const PAIRED = /[\ud800-\udbff]/; // characters that JavaScript counts as two
const length = (text) => (PAIRED.test(text) ? [...text].length : text.length);
const offset = (text, characters) => (PAIRED.test(text) ? [...text].slice(0, characters).join("").length : characters);

/** Give the node and the offset of the character of a piece. */
function point(element, character) {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  let left = character, node = null, last = null;
  while ((node = walker.nextNode())) {
    const hidden = node.parentElement.closest(".hidden-character");
    const size = hidden ? 1 : length(node.data);
    if (left <= size) {
      if (hidden) return left ? [node, node.data.length] : [node, 0];
      return [node, offset(node.data, left)];
    }
    left -= size;
    last = node;
  }
  return last ? [last, last.data.length] : [element, 0];
}

/* Finding: the server finds every place in all of the transcript; the browser paints those that are loaded */

const form = document.querySelector(".find");
const input = form.querySelector("input");
const told = form.querySelector("output");
let places = [], count = 0, at = -1, asked = "", turn = 0;
const ranges = new Map();
let held = false; // whether the match that was gone to is to stay in view while the rest is loaded
for (const kind of ["wheel", "touchmove", "pointerdown", "keydown"]) addEventListener(kind, () => { held = false; }, { passive: true, capture: true });

function rangeOf([, first, start, last, end]) {
  const [from, to] = [piece(first), piece(last)];
  if (!from || !to) return null;
  const range = new Range();
  range.setStart(...point(from, start));
  range.setEnd(...point(to, end));
  return range;
}

/** Paint the matches around the one that was gone to, as far as they are loaded; ranges are made once. */
function paint() {
  if (!window.CSS?.highlights) return;
  for (let number = Math.max(0, at - 500); number < Math.min(places.length, at + 500); number += 1) {
    if (ranges.has(number)) continue;
    const range = rangeOf(places[number]);
    if (range) ranges.set(number, range);
  }
  CSS.highlights.set("found", new Highlight(...ranges.values()));
  const here = ranges.get(at);
  if (here) CSS.highlights.set("found-here", Object.assign(new Highlight(here), { priority: 1 }));
  else CSS.highlights.delete("found-here");
}

let painting = 0;
function paintSoon() {
  if (!places.length) return;
  clearTimeout(painting);
  painting = setTimeout(paint, 60);
}

async function find(text, mode) {
  const mine = ++turn;
  asked = text;
  if (!text.trim()) {
    [places, count, at] = [[], 0, -1];
    showFound(true);
    return;
  }
  try {
    const found = await get(`/api/read/${id}/find?q=${encodeURIComponent(text)}&mode=${mode}`);
    if (mine !== turn) return;
    [places, count, at] = [found.places, found.count, -1];
    showFound(true);
  } catch (error) { say(error.message); }
}

function showFound(fresh = false) {
  told.textContent = !asked.trim() ? "" : at < 0 ? `${count.toLocaleString("en")} found` : `${(at + 1).toLocaleString("en")} of ${count.toLocaleString("en")}`;
  form.querySelectorAll("button").forEach((button) => { button.hidden = !count; });
  if (!fresh) { paint(); return; }
  ranges.clear();
  const group = map.querySelector(".found");
  group.replaceChildren(...[...new Set(places.map((one) => Math.round(one[5] * 400)))].map((share) => {
    const mark = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const [name, value] of Object.entries({ x: 0, width: 12, height: 2, y: share / 400 * 996 })) mark.setAttribute(name, value);
    return mark;
  }));
  paint();
}

async function step(by) {
  if (!places.length) { say(asked ? `“${asked}” is not in this transcript.` : "Nothing is looked for: / finds."); return; }
  at = at < 0 ? (by > 0 ? 0 : places.length - 1) : (at + by + places.length) % places.length;
  if (at + 1 === places.length && count > places.length) say(`The first ${places.length.toLocaleString("en")} of ${count.toLocaleString("en")} are shown one by one.`);
  showFound();
  const [part, first] = places[at];
  await load(document.querySelector(`.part[data-part="${part}"]`));
  reveal(piece(first));
  const range = rangeOf(places[at]);
  paint();
  centre(range);
  held = true;
  requestAnimationFrame(() => { if (held) centre(rangeOf(places[at])); });
}

/** Open what is folded around an element, and bring it near, so that it is laid out. */
function reveal(element) {
  for (let fold = element.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  element.scrollIntoView({ block: "nearest" });
}

function centre(range) {
  if (!range) return;
  const box = range.getBoundingClientRect();
  window.scrollBy({ top: box.top - window.innerHeight * 0.38, behavior: "instant" });
}

let later;
input.addEventListener("input", () => { told.textContent = ""; clearTimeout(later); later = setTimeout(() => find(input.value, "literal"), 140); });
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  clearTimeout(later);
  if (input.value !== asked || !places.length) await find(input.value, "literal");
  await step(1);
});
input.addEventListener("keydown", (event) => { if (event.key === "Enter" && event.shiftKey) { event.preventDefault(); step(-1); } });
form.querySelectorAll("button").forEach((button) => button.addEventListener("click", () => step(Number(button.dataset.step))));
if (reader.dataset.query) {
  input.value = reader.dataset.query;
  find(reader.dataset.query, reader.dataset.mode);
}

/* Highlights: which are on, where one leads */

const OFF = "allegiance-highlights-off";
const off = new Set((() => { try { return JSON.parse(localStorage.getItem(OFF) ?? "[]"); } catch { return []; } })());
const switches = [...document.querySelectorAll(".switch")];
for (const one of switches) {
  one.checked = !off.has(one.dataset.switch);
  one.addEventListener("change", () => {
    off[one.checked ? "delete" : "add"](one.dataset.switch);
    try { localStorage.setItem(OFF, JSON.stringify([...off])); } catch { /* for this page then */ }
    switchAll();
  });
}

function switchAll(within = conversation) {
  const hidden = new Set(switches.filter((one) => !one.checked).flatMap((one) => one.dataset.marks.split(" ")));
  for (const mark of within.querySelectorAll("mark.hl")) {
    mark.classList.toggle("off", mark.dataset.h.split(" ").every((number) => hidden.has(number)));
  }
  for (const one of map.querySelectorAll("[data-h]")) one.classList.toggle("off", hidden.has(one.dataset.h));
}
switchAll();

async function toHighlight(number) {
  const told = map.querySelector(`[data-h="${CSS.escape(number)}"]`);
  if (told) await load(document.querySelector(`.part[data-part="${told.dataset.part}"]`));
  const mark = document.getElementById(`h-${number}`) ?? marked(number);
  if (!mark) return;
  conversation.querySelectorAll("mark.here").forEach((one) => one.classList.remove("here"));
  reveal(mark);
  mark.scrollIntoView({ block: "center" });
  mark.classList.add("here");
  mark.focus({ preventScroll: true });
}
const marked = (number) => [...conversation.querySelectorAll("mark.hl")].find((one) => one.dataset.h.split(" ").includes(number));

document.addEventListener("click", (event) => {
  const to = event.target.closest?.("a[data-h]");
  if (to) { event.preventDefault(); toHighlight(to.dataset.h); }
});

/* The margin map: what is in view, and a click that leads there */

function inView() {
  const box = conversation.getBoundingClientRect();
  const [low, high] = [Math.max(0, 50 - box.top), Math.min(box.height, window.innerHeight - box.top)];
  map.parentElement.style.setProperty("--told", `${Math.ceil(box.height)}px`); // no longer than what it maps
  const frame = map.querySelector(".window");
  frame.setAttribute("y", Math.min(low / box.height, 1) * 1000);
  frame.setAttribute("height", Math.max(8, ((high - low) / box.height) * 1000));
  map.classList.toggle("whole", low === 0 && high === box.height);
}
addEventListener("scroll", () => requestAnimationFrame(inView), { passive: true });
new ResizeObserver(inView).observe(conversation);
addEventListener("resize", inView);
inView();
map.addEventListener("click", (event) => {
  if (event.target.closest("a")) return;
  const box = map.getBoundingClientRect();
  const share = (event.clientY - box.top) / box.height;
  const nearest = places.map((one, number) => [Math.abs(one[5] - share), number]).sort((a, b) => a[0] - b[0])[0];
  if (nearest && nearest[0] < 0.02) { at = nearest[1] - 1; step(1); return; }
  const all = conversation.getBoundingClientRect();
  window.scrollTo({ top: scrollY + all.top + share * all.height - innerHeight / 3 });
});

/* Quotes: what is selected, with the hidden characters as they are */

const label = document.getElementById("label");
const quoteButton = document.getElementById("quote");

/** Give the range that is selected, if there is one. */
function selection() {
  const now = getSelection();
  return !now.rangeCount || now.isCollapsed ? null : now.getRangeAt(0);
}

/**
 * Give the text that is selected in the conversation.
 * @param {Range | null} range - another range of it
 */
export function selected(range = selection()) {
  if (!range || !conversation.contains(range.commonAncestorContainer)) return "";
  const within = range.commonAncestorContainer.nodeType === Node.TEXT_NODE ? range.commonAncestorContainer.parentElement : range.commonAncestorContainer;
  const inside = within.closest(".piece");
  const pieces = inside ? [inside] : [...within.querySelectorAll(".piece")].filter((one) => range.intersectsNode(one));
  let text = "", row = null;
  for (const one of pieces) {
    const part = document.createRange();
    part.selectNodeContents(one);
    if (range.compareBoundaryPoints(Range.START_TO_START, part) > 0) part.setStart(range.startContainer, range.startOffset);
    if (range.compareBoundaryPoints(Range.END_TO_END, part) < 0) part.setEnd(range.endContainer, range.endOffset);
    const copied = part.cloneContents();
    for (const hidden of copied.querySelectorAll(".hidden-character")) hidden.replaceWith(String.fromCodePoint(Number(hidden.dataset.code)));
    if (row && row !== one.parentElement) text += "\n";
    row = one.parentElement;
    text += copied.textContent;
  }
  return text.trim();
}

document.addEventListener("selectionchange", () => {
  const text = label ? selected() : "";
  quoteButton.hidden = !text;
  if (!text) return;
  const box = getSelection().getRangeAt(0).getBoundingClientRect();
  quoteButton.style.left = `${Math.max(8, Math.min(box.left, innerWidth - 120))}px`;
  quoteButton.style.top = `${Math.max(56, box.top - 38)}px`;
});
quoteButton.addEventListener("mousedown", (event) => event.preventDefault());
quoteButton.addEventListener("click", addQuote);

function addQuote() {
  if (!label) { say("Choose a category first; then what you quote goes with your label."); return; }
  const text = selected() || selected(at < 0 ? null : rangeOf(places[at])); // words are found with the keys, but not selected
  if (!text) { say("Select words of the transcript first, or find them (/)."); return; }
  const item = document.createElement("li");
  const shown = Object.assign(document.createElement("span"), { textContent: text });
  const field = Object.assign(document.createElement("input"), { type: "hidden", name: "quote", value: text });
  const remove = Object.assign(document.createElement("button"), { type: "button", textContent: "×", title: "Leave this quote out" });
  remove.addEventListener("click", () => item.remove());
  item.append(shown, field, remove);
  label.querySelector(".quotes").append(item);
  getSelection().removeAllRanges();
  say("Quoted; it goes with your label.");
}

/* Labels */

// The same transcript is shown again, in the same place, when a category is chosen.
const PLACE = "allegiance-place";
const stay = () => { try { sessionStorage.setItem(PLACE, JSON.stringify([id, scrollY])); } catch { /* it begins at its top */ } };
try {
  const [was, height] = JSON.parse(sessionStorage.getItem(PLACE) ?? "[]");
  sessionStorage.removeItem(PLACE);
  if (was === id) scrollTo({ top: height, behavior: "instant" });
} catch { /* it begins at its top */ }
document.getElementById("category")?.addEventListener("change", (event) => { stay(); event.target.form.submit(); });
document.getElementById("blind").addEventListener("click", stay);
if (label) {
  label.querySelectorAll("textarea[name=quote]").forEach((one) => one.closest("label").remove());
  const go = label.querySelector("[name=go]");
  const GO = "allegiance-advance";
  try { if (go) go.checked = localStorage.getItem(GO) !== "no"; } catch { /* on */ }
  go?.addEventListener("change", () => { try { localStorage.setItem(GO, go.checked ? "yes" : "no"); } catch { /* this page */ } });
  label.addEventListener("submit", async (event) => {
    event.preventDefault();
    const given = new FormData(label, event.submitter);
    const buttons = [...label.querySelectorAll(".values button")];
    buttons.forEach((button) => { button.disabled = true; });
    try {
      const { said, value } = await post(label.action, given);
      const next = link("next");
      if (go?.checked && next) {
        try { sessionStorage.setItem(SAID, said); } catch { /* it is not said then */ }
        location.assign(next.href);
        return;
      }
      say(said);
      buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.value === value)));
      label.querySelector(".own").textContent = `You said ${value}; another answer revises it, and the first stays on record.`;
      label.querySelector(".quotes").replaceChildren();
    } catch (error) { say(error.message); }
    buttons.forEach((button) => { button.disabled = false; });
  });
}

function answer(number) {
  const button = label?.querySelectorAll(".values button")[number - 1];
  if (button) button.click();
  else say(label ? `There is no value ${number}.` : "Choose a category first; then 1 to 9 label.");
}

/* Citing */

const citing = document.getElementById("cite");
citing?.addEventListener("submit", (event) => { event.preventDefault(); cite(); });
async function cite() {
  const address = new URL(reader.dataset.permalink, location.href).href;
  if (!citing) {
    if (reader.dataset.citation) copy(`${reader.dataset.citation}\n${address}\ntranscript ${id}`, "Copied: how it was found, its address, its id.");
    else say("Blind: a citation tells the condition; show all first.");
    return;
  }
  try {
    const made = await post(citing.action, new FormData(citing));
    await copy(made.text, made.certificate ? "Copied: the sentence of its certificate, its address, its id." : "Copied: how it was found, its address, its id. A label makes it a certificate.");
  } catch (error) { say(error.message); }
}

/* Keys */

function follow(relation, none) {
  const to = link(relation);
  if (to) location.assign(to.href);
  else say(link("prev") || link("next") ? none : "This is a direct link: no list goes on from here.");
}
key("j", "next in the list", () => follow("next", "That was the last of them."));
key("k", "previous in the list", () => follow("prev", "This is the first of them."));
key("/", "find in this transcript", () => { input.focus(); input.select(); });
key(["n", "N"], "next and previous match", (event) => step(event.key === "n" ? 1 : -1));
key(["]", "["], "next and previous message", (event) => {
  const heads = [...conversation.querySelectorAll(".said-by")];
  const tops = heads.map((head) => head.getBoundingClientRect().top - 62);
  const to = event.key === "]" ? heads[tops.findIndex((top) => top > 2)] : heads[tops.findLastIndex((top) => top < -2)];
  if (to) to.scrollIntoView({ block: "start" });
  else say(event.key === "]" ? "This is the last message." : "This is the first message.");
});
if (reader.dataset.mayLabel === "1") {
  key([..."123456789"], "label with this value of the category", (event) => answer(Number(event.key)));
  key("q", "quote what is selected, or else the match that was found", addQuote);
  key("u", "label again to revise: nothing is taken back here", () => say("Nothing is taken back here: label it again, and both answers are on record."));
}
key("b", blind ? "show all that is known" : "read blind: no facts, no verdicts", () => document.getElementById("blind").click());
key("g", "its pair: the same request, monitored and unmonitored", () => {
  const pair = document.getElementById("pair");
  if (pair) pair.click();
  else say(blind ? "Blind: the pair tells the condition; show all first." : "It has no request id to pair it by.");
});
key("h", "how this was found", () => {
  const how = document.querySelector(".how");
  if (!how) { say("Blind: how it was found may tell the condition; show all first."); return; }
  how.open = !how.open;
  if (how.open) how.querySelector("summary").focus();
});
key("s", "open or close what is folded", () => {
  const folds = [...conversation.querySelectorAll("details")];
  const open = folds.some((fold) => !fold.open);
  folds.forEach((fold) => { fold.open = open; });
});
key("c", "copy as a citation, with its certificate", cite);
key("y", "copy the address of this page", () => copy(new URL(reader.dataset.permalink, location.href).href, "Copied the address."));
key("l", "back to the list", () => { const to = document.querySelector(".way .count"); if (to) to.click(); else say("This is a direct link: there is no list."); });
key("o", "overview", () => location.assign("/"));
document.addEventListener("keydown", (event) => {
  const how = document.querySelector(".how[open]");
  if (event.key === "Escape" && how) { how.open = false; how.querySelector("summary").focus(); }
});
document.addEventListener("click", (event) => {
  const how = document.querySelector(".how[open]");
  if (how && !how.contains(event.target)) how.open = false;
});
