// Keeps 剩 3 小时 true while the page stays open.

import { left } from "../lib/format.js";

const EVERY_MS = 30_000;
const SOON_MS = 24 * 3600 * 1000;

function refresh() {
  const now = new Date();
  document.querySelectorAll("time.deadline").forEach((element) => {
    const due = new Date(element.dateTime);
    element.textContent = left(due, now);
    element.classList.toggle("deadline-late", due < now);
    element.classList.toggle("deadline-soon", due >= now && due - now < SOON_MS);
    element.classList.toggle("deadline-calm", due - now >= SOON_MS);
  });
}

export function keepDeadlines() {
  setInterval(refresh, EVERY_MS);
}
