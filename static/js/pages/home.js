// The first page stays live: when a case appears or changes, its figures and lists come again from the server.

import { openSocket } from "../lib/socket.js";
import { showConnection } from "../components/connection.js";

const AT_MOST_EVERY_MS = 2000;

const changed = new Set();
let timer = 0;
let last = 0;

async function refresh() {
  timer = 0;
  last = Date.now();
  const wanted = new Set(changed);
  changed.clear();
  await window.htmx.ajax("GET", location.pathname, { target: "#home-body", swap: "outerHTML" });
  for (const row of document.querySelectorAll("[data-row]")) {
    if (wanted.has(row.dataset.number)) row.classList.add("is-new");
  }
}

function later() {
  if (!timer) timer = setTimeout(refresh, Math.max(400, last + AT_MOST_EVERY_MS - Date.now()));
}

openSocket("/ws/cases/", {
  onMessage(message) {
    if (message.type !== "case") return;
    changed.add(message.case.number);
    later();
  },
  onOpen(again) {
    if (again) later();
  },
  onState: showConnection,
});

document.addEventListener("click", (event) => {
  const row = event.target.closest("[data-row]");
  if (row && !event.target.closest("a, button") && !getSelection().toString()) location.assign(row.dataset.href);
});
