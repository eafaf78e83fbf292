// What every page does: keys with their help, the theme, and talking to the server.

/** Keys of this page, in the order of the help: {key, told, does, typing}. */
const known = [];

/**
 * Bind a key. It does nothing while something is typed, a dialog is open, or a modifier is held.
 * @param {string|string[]} keys - as KeyboardEvent.key has them; the first is shown in the help
 * @param {string} told - what it does, for the help
 * @param {(event: KeyboardEvent) => void} does
 */
export function key(keys, told, does) {
  known.push({ keys: [keys].flat(), told, does });
}

/** Whether an element takes what is typed. */
function takesText(element) {
  return element instanceof HTMLElement
    && (element.isContentEditable || element.matches("textarea, select, input:not([type=checkbox]):not([type=radio]):not([type=button])"));
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (takesText(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (document.querySelector("dialog[open]")) return;
  const bound = known.find((one) => one.keys.includes(event.key));
  if (!bound) return;
  event.preventDefault();
  bound.does(event);
});

/** Say something short to the person, seen and read aloud. */
export function say(text) {
  const said = document.getElementById("said");
  said.textContent = text;
  said.classList.add("shown");
  clearTimeout(say.timer);
  say.timer = setTimeout(() => said.classList.remove("shown"), 6000);
}

/** Get JSON; an error of the server's is thrown with its sentence. */
export async function get(address) {
  return answered(await fetch(address, { headers: { accept: "application/json" } }));
}

/** Send a form (an object or FormData) as one, with the key that only this page has; gives JSON. */
export async function post(address, form) {
  const body = new URLSearchParams(form instanceof FormData ? [...form] : form);
  return answered(await fetch(address, {
    method: "POST",
    body,
    headers: { accept: "application/json", "x-form-key": document.body.dataset.formKey },
  }));
}

async function answered(response) {
  const told = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(told.error ?? `The server answered ${response.status}.`);
  return told;
}

/** Copy a text, and say so. */
export async function copy(text, what = "Copied.") {
  try {
    await navigator.clipboard.writeText(text);
  } catch { // no permission, or no secure address: the old way
    const area = Object.assign(document.createElement("textarea"), { value: text });
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  say(what);
}

const help = document.getElementById("help");
function showHelp() {
  const list = help.querySelector("dl");
  list.replaceChildren(...known.flatMap(({ keys, told }) => {
    const term = document.createElement("dt");
    const name = { " ": "Space", ArrowDown: "↓", ArrowUp: "↑" };
    for (const one of keys) term.append(Object.assign(document.createElement("kbd"), { textContent: name[one] ?? one }), " ");
    return [term, Object.assign(document.createElement("dd"), { textContent: told })];
  }));
  help.showModal();
}

const keysButton = document.getElementById("keys");
keysButton.hidden = false;
keysButton.addEventListener("click", showHelp);

const themeButton = document.getElementById("theme");
themeButton.hidden = false;
themeButton.addEventListener("click", () => {
  const root = document.documentElement;
  const order = [undefined, "light", "dark"];
  const next = order[(order.indexOf(root.dataset.theme) + 1) % order.length];
  if (next) root.dataset.theme = next; else delete root.dataset.theme;
  try {
    if (next) localStorage.setItem("allegiance-theme", next); else localStorage.removeItem("allegiance-theme");
  } catch { /* it holds for this page then */ }
  say(next ? `Theme: ${next}.` : "Theme: as the system has it.");
});

key("?", "these keys", showHelp);
