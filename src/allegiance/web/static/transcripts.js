// The list: rows fetched as it is scrolled, a cursor moved by keys, and completion in the filter bar.
import { get, key } from "./base.js";
import { complete } from "./complete.js";

const MOST_PIXELS = 12_000_000; // browsers draw nothing taller than some 17 to 33 million
const AROUND = 12; // rows that are drawn above and below what is seen
const KEPT = 4_000; // rows that are kept after they went out of sight

const list = document.getElementById("list");
if (list) scrolled(list);
if (document.getElementById("add")) filters();

/** Draw the rows that are in sight, however many there are. */
function scrolled(list) {
  const body = document.getElementById("rows");
  const { address } = list.dataset;
  const [total, size, words] = ["listed", "size", "words"].map((name) => Number(list.dataset[name]));
  const items = new Map(); // place, from 0, to its table rows
  const asked = new Set();
  const columns = list.querySelector("thead tr").children.length;
  const gaps = [gap(), gap()];
  let here = Number(list.dataset.at) - 1;
  let top = 0; // the row at the upper edge, with a fraction
  let expected = -1; // where this script scrolled to: no event of the reader's
  let waiting, telling, drawn = "";

  keep(body);
  const height = measured();
  const whole = total * height;
  const scaled = whole > MOST_PIXELS;
  const canvas = scaled ? MOST_PIXELS : whole;
  list.closest(".board").classList.add("scrolling");
  fit();
  go(Math.max(0, here - 3));
  mark(false);

  addEventListener("resize", fit);
  list.addEventListener("scroll", () => {
    if (Math.abs(list.scrollTop - expected) < 1) return;
    expected = -1;
    top = scaled ? (list.scrollTop / (canvas - view())) * (total - seen()) : list.scrollTop / height;
    requestAnimationFrame(draw);
  });
  list.addEventListener("wheel", (event) => {
    if (!scaled || event.ctrlKey) return; // a pixel of the wheel stays a pixel of the list
    event.preventDefault();
    go(top + (event.deltaY * [1, 20, view()][event.deltaMode]) / height);
  }, { passive: false });
  body.addEventListener("click", (event) => {
    const row = event.target.closest("tr:not(.gap)");
    if (!row || event.target.closest("a") || getSelection().toString()) return;
    const place = Number((row.dataset.at ? row : row.previousElementSibling)?.dataset.at);
    if (place) open(place - 1);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && [document.body, list].includes(event.target) && !event.ctrlKey && !event.metaKey) open(here);
  });

  key(["j", "ArrowDown"], "next transcript", () => move(here + 1));
  key(["k", "ArrowUp"], "previous transcript", () => move(here - 1));
  key("PageDown", "a page on", () => move(here + Math.floor(seen())));
  key("PageUp", "a page back", () => move(here - Math.floor(seen())));
  key(["g", "Home"], "the first", () => move(0));
  key(["G", "End"], "the last", () => move(total - 1));
  key("Enter ", "open it", () => open(here)); // for the help: a link that has the focus opens by itself

  /** How much is seen: pixels below the head, and rows. */
  function view() { return Math.max(height, list.clientHeight - list.querySelector("thead").offsetHeight); }
  function seen() { return Math.min(total, view() / height); }

  function open(place) { location.href = `/read?${address}&at=${place + 1}`; }

  /** Where the list is scrolled to when the row at the upper edge is at the upper edge. */
  function scrolledTo() {
    return scaled ? (top / Math.max(total - seen(), 1)) * (canvas - view()) : top * height;
  }

  /** Scroll so that a row is at the upper edge. */
  function go(row) {
    top = Math.min(Math.max(row, 0), Math.max(0, total - seen()));
    draw();
    list.scrollTop = scrolledTo();
    expected = list.scrollTop;
  }

  function move(place) {
    here = Math.min(Math.max(place, 0), total - 1);
    if (here < top) go(here);
    else if (here + 1 > top + seen()) go(here + 1 - seen());
    mark(true);
  }

  /** Show where the cursor is; the link of its row has the focus. */
  function mark(focus) {
    for (const row of body.querySelectorAll(".here")) row.classList.remove("here");
    for (const row of items.get(here) ?? []) row.classList.add("here");
    if (focus) items.get(here)?.[0].querySelector("a")?.focus({ preventScroll: true });
    if (!focus) return;
    clearTimeout(telling);
    telling = setTimeout(() => history.replaceState(null, "", `?${address}${here ? `&at=${here + 1}` : ""}`), 250);
  }

  function draw() {
    const first = Math.max(0, Math.floor(top) - AROUND);
    const last = Math.min(total, Math.ceil(top + seen()) + AROUND);
    const above = Math.max(0, Math.min(scrolledTo() - (top - first) * height, canvas - (last - first) * height));
    gaps[0].firstChild.style.height = `${above}px`;
    gaps[1].firstChild.style.height = `${Math.max(0, canvas - above - (last - first) * height)}px`;
    tellShown();
    fetchMissing(first, last);
    const now = `${first} ${last} ${items.size}`;
    if (now === drawn) return;
    drawn = now;
    const focused = body.contains(document.activeElement) || document.activeElement === list;
    if (focused) list.focus({ preventScroll: true }); // a row that has the focus must not go: all would be laid out without rows
    const rows = [];
    for (let place = first; place < last; place += 1) rows.push(...(items.get(place) ?? [hollow(place)]));
    body.replaceChildren(gaps[0], ...rows, gaps[1]);
    mark(false);
    const link = items.get(here)?.[0].querySelector("a");
    if (focused && link?.isConnected) link.focus({ preventScroll: true });
  }

  function tellShown() {
    const first = Math.min(total, Math.floor(top + 0.5) + 1);
    const last = Math.min(total, Math.max(first, Math.floor(top + seen() + 0.5)));
    document.getElementById("shown").textContent = `${first.toLocaleString("en")}–${last.toLocaleString("en")}`;
  }

  /** Ask for the blocks in sight, once it stays there: what is flown over is not opened. */
  function fetchMissing(first, last) {
    const [low, high] = words ? [Math.floor(top), Math.min(total, Math.ceil(top + seen()))] : [first, last];
    const blocks = [];
    for (let at = low - (low % size); at < high; at += size) {
      const lacks = [...Array(Math.min(size, total - at)).keys()].some((n) => at + n >= low && at + n < high && !items.has(at + n));
      if (lacks && !asked.has(at)) blocks.push(at);
    }
    clearTimeout(waiting);
    if (blocks.length) waiting = setTimeout(() => blocks.forEach(fetchBlock), words ? 300 : 60);
  }

  async function fetchBlock(at) {
    asked.add(at);
    try {
      const told = await get(`/api/transcripts?${address}&from=${at + 1}&n=${size}`);
      const holder = document.createElement("template");
      holder.innerHTML = told.html; // our own template's, with every text made inert
      keep(holder.content);
    } catch (error) {
      const row = hollow(at, error.message);
      items.set(at, [row]);
    } finally {
      asked.delete(at);
      drop();
      drawn = "";
      draw();
    }
  }

  /** Take rows in: each transcript's, and the words that were found in it below. */
  function keep(from) {
    let rows;
    for (const row of [...from.querySelectorAll("tr")]) {
      if (row.dataset.at) items.set(Number(row.dataset.at) - 1, (rows = [row]));
      else rows?.push(row);
    }
  }

  /** Forget what is far from sight. */
  function drop() {
    if (items.size <= KEPT) return;
    for (const place of items.keys()) if (Math.abs(place - top) > KEPT / 3) items.delete(place);
  }

  function measured() {
    const rows = [...body.children];
    const places = rows.filter((row) => row.dataset.at).length;
    const tall = rows.at(-1).getBoundingClientRect().bottom - rows[0].getBoundingClientRect().top;
    return places ? tall / places : 31;
  }

  function gap() {
    const row = document.createElement("tr");
    row.className = "gap";
    row.setAttribute("aria-hidden", "true");
    row.append(Object.assign(document.createElement("td"), { colSpan: columns }));
    return row;
  }

  function hollow(place, told = "…") {
    const row = document.createElement("tr");
    row.className = "waiting";
    const number = Object.assign(document.createElement("th"), { className: "num place", scope: "row", textContent: (place + 1).toLocaleString("en") });
    const rest = Object.assign(document.createElement("td"), { colSpan: columns - 1, textContent: told });
    row.style.height = `${height}px`;
    row.append(number, rest);
    return row;
  }

  /** Give the list the height that is left, and keep its columns as wide as they are. */
  function fit() {
    list.classList.remove("fixed");
    const heads = [...list.querySelectorAll("thead th")];
    for (const head of heads) head.style.width = "";
    const foot = document.querySelector(".foot");
    const left = innerHeight - list.getBoundingClientRect().top - scrollY - foot.offsetHeight - 30;
    const head = list.querySelector("thead").offsetHeight;
    const rows = Math.max(Math.floor((left - head) / height), Math.ceil(240 / height)); // none is cut in half
    list.style.height = `${head + Math.min(rows * height, whole)}px`;
    const panels = document.querySelector(".panels");
    if (panels) panels.style.maxHeight = innerWidth > 1150 ? `${Math.max(left, 300)}px` : "";
    const exact = heads.map((head) => head.getBoundingClientRect().width);
    const room = list.clientWidth > 1.08 * exact.reduce((sum, width) => sum + width, 0);
    const wide = exact.map((width) => Math.ceil(width * (room ? 1.08 : 1)) + 1); // others may be longer
    wide[0] = Math.max(wide[0], 8.5 * total.toLocaleString("en").length + 24);
    heads.forEach((head, n) => { head.style.width = `${wide[n]}px`; });
    list.classList.add("fixed");
    drawn = "";
    if (expected >= 0 || top) go(top);
  }
}

/** Complete columns and values, and take a condition as soon as it is whole. */
function filters() {
  const [form, ask, column, operator, value] = ["add", "ask", "column", "operator", "value"].map((id) => document.getElementById(id));
  let columns;
  const chosen = () => new URLSearchParams([...new FormData(form)].filter(([name]) => name === "scanner"));

  complete(column, async (typed) => {
    columns ??= get("/api/columns").then((told) => told.columns);
    return (await columns)
      .filter(({ name }) => name.toLowerCase().includes(typed.toLowerCase()))
      .map(({ name, shown, what }) => ({ value: name, shown, told: what }));
  }, () => value.focus(), true);

  // Kept open while the focus goes from one of its fields to the next.
  form.addEventListener("focusin", () => form.classList.add("open"));
  form.addEventListener("focusout", (event) => { if (!form.contains(event.relatedTarget)) form.classList.remove("open"); });

  complete(value, async (typed) => {
    if (!column.value.trim()) return [];
    const begins = operator.value === "is one of" ? typed.split(",").at(-1).trim() : typed;
    const address = chosen();
    address.append("column", column.value.trim());
    address.append("begins", begins);
    const { values } = await get(`/api/values?${address}`);
    return values.filter((one) => one.value !== null).map((one) => ({ ...one, told: one.number.toLocaleString("en") }));
  }, (picked, before) => {
    if (operator.value === "is one of") {
      value.value = [...before.split(",").slice(0, -1).map((one) => one.trim()), picked].join(", ") + ", ";
      value.dispatchEvent(new Event("input"));
    } else form.requestSubmit();
  });

  operator.addEventListener("change", () => {
    form.classList.add("typed");
    value.hidden = ["is missing", "is there"].includes(operator.value);
    (value.hidden ? form.querySelector("button") : value).focus();
  });
  for (const chip of document.querySelectorAll(".chip")) { // a chip that is clicked is typed anew
    const { dataset } = chip;
    if (dataset.column) chip.querySelector("span").addEventListener("click", () => {
      [column.value, operator.value, value.value] = [dataset.column, dataset.operator, dataset.value];
      rest(dataset.rest);
      chip.remove();
      operator.dispatchEvent(new Event("change"));
    });
  }
  /** Let the condition come in the place of another. */
  function rest(where) {
    const field = form.elements.where ?? form.appendChild(Object.assign(document.createElement("input"), { type: "hidden", name: "where" }));
    field.value = where;
  }

  document.getElementById("sort").addEventListener("change", () => ask.requestSubmit());
  const menu = document.querySelector(".choose");
  document.addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false; });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  key("c", "categories", () => { menu.open = true; menu.querySelector("input")?.focus(); });
  key("/", "search", () => document.getElementById("q").focus());
  key("f", "filter", () => column.focus());
  const anew = document.getElementById("anew");
  if (anew) key("r", "a random order, drawn anew", () => anew.click());
}
