// The list of notices stays live: what came, or was read on another page, is drawn again from the server.

const GATHER_MS = 200;
let timer = 0;

function later() {
  clearTimeout(timer);
  timer = setTimeout(async () => {
    if (document.querySelector("dialog[open]")) return;
    const before = new Set([...document.querySelectorAll("[data-notice]")].map((row) => row.dataset.notice));
    await window.htmx.ajax("GET", location.pathname + location.search, { target: "#notice-results", swap: "outerHTML" });
    for (const row of document.querySelectorAll("[data-notice]")) {
      if (before.size && !before.has(row.dataset.notice)) row.classList.add("is-new");
    }
  }, GATHER_MS);
}

document.addEventListener("notices-changed", later);
document.addEventListener("click", (event) => {
  const row = event.target.closest("[data-row]");
  if (row && !event.target.closest("a, button, form") && !getSelection().toString()) location.assign(row.dataset.href);
});
document.querySelector("[data-filters]")?.addEventListener("htmx:configRequest", (event) => {
  for (const [name, value] of [...Object.entries(event.detail.parameters)]) {
    if (value === "") delete event.detail.parameters[name];
  }
});
