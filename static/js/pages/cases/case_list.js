// The list of cases stays live: a message says which case moved, the rows come again from the server.

import { openSocket } from "../../lib/socket.js";
import { showConnection } from "../../components/connection.js";

const GATHER_MS = 150; // a burst of changes is one refresh
const AT_MOST_EVERY_MS = 1000;

const changed = new Set();
let timer = 0;
let last = 0;
let busy = false;

function seen() {
  return new Set([...document.querySelectorAll("[data-row]")].map((row) => row.dataset.number));
}

/** Draws the rows again and marks those that are new or were named in a message. */
async function refresh() {
  timer = 0;
  if (busy || document.querySelector("dialog[open]")) return later();
  busy = true;
  last = Date.now();
  const before = seen();
  const wanted = new Set(changed);
  changed.clear();
  const selected = document.querySelector("[data-row].is-selected")?.dataset.number;
  const hadFocus = document.activeElement?.closest("[data-row]")?.dataset.number;
  try {
    await window.htmx.ajax("GET", location.pathname + location.search, { target: "#case-results", swap: "outerHTML" });
    for (const row of document.querySelectorAll("[data-row]")) {
      if (wanted.has(row.dataset.number) || (before.size && !before.has(row.dataset.number))) row.classList.add("is-new");
      if (row.dataset.number === selected) row.classList.add("is-selected");
      if (row.dataset.number === hadFocus) row.querySelector("a")?.focus({ preventScroll: true });
    }
    showTicks();
  } finally {
    busy = false;
  }
}

// What is ticked stays ticked while rows come and go; another page of rows adds to it.
const ticked = new Set();
const MOST_TICKED = 200;

function showTicks() {
  const boxes = [...document.querySelectorAll("[data-tick]")];
  for (const box of boxes) box.checked = ticked.has(box.value);
  const all = document.querySelector("[data-tick-all]");
  if (all) {
    all.checked = boxes.length > 0 && boxes.every((box) => box.checked);
    all.indeterminate = !all.checked && boxes.some((box) => box.checked);
  }
  const form = document.querySelector("[data-bulk]");
  if (!form) return;
  form.hidden = ticked.size === 0;
  form.querySelector("[data-bulk-count]").textContent = ticked.size;
  for (const old of form.querySelectorAll("[data-elsewhere]")) old.remove();
  const shown = new Set(boxes.map((box) => box.value));
  for (const number of ticked) {
    if (shown.has(number)) continue;
    const hidden = document.createElement("input");
    hidden.type = "hidden";
    hidden.name = "number";
    hidden.value = number;
    hidden.dataset.elsewhere = "";
    form.append(hidden);
  }
}

function tick(numbers, on) {
  for (const number of numbers) {
    if (!on) ticked.delete(number);
    else if (ticked.size < MOST_TICKED) ticked.add(number);
  }
  showTicks();
}

let lastTicked = null;
document.addEventListener("click", (event) => {
  if (event.target.matches("[data-bulk-clear]")) tick([...ticked], false);
  if (event.target.matches("[data-tick-all]")) {
    tick([...document.querySelectorAll("[data-tick]")].map((box) => box.value), event.target.checked);
  }
  if (event.target.matches("[data-tick]")) {
    const boxes = [...document.querySelectorAll("[data-tick]")];
    const [from, to] = [boxes.findIndex((box) => box.value === lastTicked), boxes.indexOf(event.target)];
    const span = event.shiftKey && from >= 0 ? boxes.slice(Math.min(from, to), Math.max(from, to) + 1) : [event.target];
    lastTicked = event.target.value;
    tick(span.map((box) => box.value), event.target.checked);
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "x" || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select")) return;
  const box = document.querySelector("[data-row].is-selected [data-tick]");
  if (box) tick([box.value], !ticked.has(box.value));
});
document.addEventListener("htmx:afterSettle", showTicks);

function later() {
  if (!timer) timer = setTimeout(refresh, Math.max(GATHER_MS, last + AT_MOST_EVERY_MS - Date.now()));
}

openSocket("/ws/cases/", {
  onMessage(message) {
    if (message.type !== "case") return;
    changed.add(message.case.number);
    later();
  },
  onOpen(again) {
    if (again) later(); // what happened in between was not told
  },
  onState: showConnection,
});

// The filter form follows the tab that was clicked last; a row opens wherever it is clicked.
document.addEventListener("click", (event) => {
  const row = event.target.closest("[data-row]");
  if (row && !event.target.closest("a, button, input") && !getSelection().toString()) location.assign(row.dataset.href);
});
document.querySelector("[data-filters]")?.addEventListener("htmx:configRequest", (event) => {
  for (const [name, value] of [...Object.entries(event.detail.parameters)]) {
    if (value === "") delete event.detail.parameters[name];
  }
});

showTicks();
