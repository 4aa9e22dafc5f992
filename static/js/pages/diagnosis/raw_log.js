/** The raw log: a line unfolds into its fields; while the page is seen, newer frames come in on top. */
import { light } from "./light.js";

const EVERY_MS = 2000;
const MOST_ROWS = 500;
const table = document.querySelector(".raw-table");
const rows = document.querySelector("[data-raw-rows]");

rows.addEventListener("click", async (event) => {
  const line = event.target.closest("tr[data-explain]");
  if (!line || String(window.getSelection())) return;
  const button = line.querySelector(".unfold");
  if (line.nextElementSibling?.matches("[data-unfolded]")) {
    line.nextElementSibling.remove();
    button.setAttribute("aria-expanded", "false");
    return;
  }
  const answer = await fetch(line.dataset.explain);
  if (!answer.ok || line.nextElementSibling?.matches("[data-unfolded]")) return;
  const inner = document.createElement("tr");
  inner.dataset.unfolded = "";
  const cell = inner.appendChild(document.createElement("td"));
  cell.colSpan = line.cells.length;
  cell.innerHTML = await answer.text();
  line.after(inner);
  button.setAttribute("aria-expanded", "true");
  light(cell);
});

async function look() {
  if (document.hidden) return;
  const address = new URL(table.dataset.rawLog, location.href);
  for (const [name, value] of new URLSearchParams(location.search)) address.searchParams.set(name, value);
  address.searchParams.set("after", table.dataset.newest);
  const answer = await fetch(address).catch(() => null);
  if (!answer?.ok) return;
  const text = (await answer.text()).trim();
  if (!text) return;
  rows.insertAdjacentHTML("afterbegin", text);
  table.dataset.newest = rows.querySelector("[data-frame]").dataset.frame;
  document.querySelector("[data-raw-empty]")?.remove();
  while (rows.rows.length > MOST_ROWS) rows.lastElementChild.remove();
}

async function follow() {
  await look();
  setTimeout(follow, EVERY_MS);
}

if (table.dataset.rawLog) setTimeout(follow, EVERY_MS);
