// A field that offers what can be typed into it: arrows choose, Enter, Tab or a click takes, Escape closes.

let number = 0;

/**
 * Offer completions.
 * @param {HTMLInputElement} input
 * @param {(typed: string) => Promise<{value: string, shown: string, told: string}[]>} offers
 * @param {(picked: string, before: string) => void} then - after one was taken
 * @param {boolean} only - nothing but an offer will do: Enter takes the first of them where none is chosen
 */
export function complete(input, offers, then, only = false) {
  const box = Object.assign(document.createElement("ul"), { className: "offers", id: `offers-${(number += 1)}`, hidden: true });
  box.setAttribute("role", "listbox");
  box.setAttribute("aria-label", input.labels[0]?.textContent ?? "");
  input.after(box);
  for (const [name, value] of [["role", "combobox"], ["aria-expanded", "false"], ["aria-controls", box.id], ["aria-autocomplete", "list"]]) {
    input.setAttribute(name, value);
  }
  let chosen = -1, turn = 0;

  async function show() {
    const now = (turn += 1);
    const found = await offers(input.value).catch(() => []);
    if (now !== turn || document.activeElement !== input) return;
    box.replaceChildren(...found.slice(0, 60).map(({ value, shown, told }, n) => {
      const one = document.createElement("li");
      one.setAttribute("role", "option");
      one.id = `${box.id}-${n}`;
      one.dataset.value = value;
      one.append(...[shown, told].map((text) => Object.assign(document.createElement("span"), { textContent: text })));
      return one;
    }));
    const lone = found.length === 1 && found[0].value === input.value;
    open(found.length > 0 && !lone);
    choose(-1);
  }

  function open(is) {
    box.hidden = !is;
    input.setAttribute("aria-expanded", String(is));
    if (!is) return;
    box.style.left = `${input.offsetLeft}px`;
    box.style.top = `${input.offsetTop + input.offsetHeight + 3}px`;
  }

  function choose(n) {
    const all = [...box.children];
    all[chosen]?.setAttribute("aria-selected", "false");
    chosen = all.length ? Math.max(-1, Math.min(n, all.length - 1)) : -1;
    all[chosen]?.setAttribute("aria-selected", "true");
    all[chosen]?.scrollIntoView({ block: "nearest" });
    if (chosen < 0) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", all[chosen].id);
  }

  const exact = () => [...box.children].find((one) => one.dataset.value === input.value.trim());

  function take(one) {
    const before = input.value;
    input.value = one.dataset.value;
    turn += 1;
    open(false);
    then(input.value, before);
  }

  input.addEventListener("focus", show);
  input.addEventListener("input", show);
  input.addEventListener("blur", () => { turn += 1; open(false); });
  input.addEventListener("keydown", (event) => {
    if (box.hidden) {
      if (event.key === "ArrowDown") show();
      return;
    }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") choose(chosen + (event.key === "ArrowDown" ? 1 : -1));
    else if ((event.key === "Enter" || event.key === "Tab" && !event.shiftKey) && chosen >= 0) take(box.children[chosen]);
    else if (event.key === "Enter" && only && input.value.trim()) take(exact() ?? box.children[0]);
    else if (event.key === "Escape") open(false);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  box.addEventListener("mousedown", (event) => {
    event.preventDefault(); // the field keeps the focus
    const one = event.target.closest("li");
    if (one) take(one);
  });
}
