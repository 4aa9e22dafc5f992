// The roadside checks of a case stay live on its page: drawn again when the case changes, and every few seconds while
// an order is on its way. Plain fetch: htmx's own requests mean to the page that its officer is acting.

import { openSocket } from "../../lib/socket.js";

const EVERY_MS = 8000;

async function draw() {
  const block = document.querySelector("[data-roadside]");
  const checks = block?.querySelector("[data-roadside-checks]");
  if (!checks || document.hidden) return;
  try {
    const response = await fetch(block.dataset.roadside, { credentials: "same-origin" });
    if (!response.ok) return;
    const html = await response.text();
    if (checks.dataset.drawn !== html) checks.innerHTML = html;
    checks.dataset.drawn = html;
  } catch {
    // no network: drawn again next time
  }
}

openSocket("/ws/cases/", {
  onMessage(message) {
    const number = document.querySelector("#case-body")?.dataset.case;
    if (message.type === "case" && message.case.number === number) draw();
  },
});
setInterval(draw, EVERY_MS);
