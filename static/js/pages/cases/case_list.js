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
  } finally {
    busy = false;
  }
}

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
  if (row && !event.target.closest("a, button") && !getSelection().toString()) location.assign(row.dataset.href);
});
document.querySelector("[data-filters]")?.addEventListener("htmx:configRequest", (event) => {
  for (const [name, value] of [...Object.entries(event.detail.parameters)]) {
    if (value === "") delete event.detail.parameters[name];
  }
});
