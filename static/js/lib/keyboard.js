// The keyboard of every page: / search, g and a letter to go, j k and Enter in lists, ? shows all.

const GO_MS = 1200;

function typing(target) {
  return target.closest("input, textarea, select, [contenteditable], dialog[open]") !== null;
}

/** Rows of the page's list: elements with data-row; their data-href is where Enter leads. */
function rows() {
  return [...document.querySelectorAll("[data-row]")];
}

function move(step) {
  const list = rows();
  if (!list.length) return;
  const now = list.findIndex((row) => row.classList.contains("is-selected"));
  const next = Math.min(list.length - 1, Math.max(0, now < 0 ? (step > 0 ? 0 : list.length - 1) : now + step));
  list[now]?.classList.remove("is-selected");
  list[next].classList.add("is-selected");
  list[next].scrollIntoView({ block: "nearest" });
  list[next].querySelector("a")?.focus({ preventScroll: true });
}

export function listen({ onHelp }) {
  let goUntil = 0;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape" && event.target.matches("[data-search]")) return event.target.blur();
    if (typing(event.target)) return;
    if (Date.now() < goUntil) {
      goUntil = 0;
      const entry = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
      if (entry) {
        event.preventDefault();
        entry.click();
      }
      return;
    }
    switch (event.key) {
      case "/": {
        const search = document.querySelector("[data-search-here]") ?? document.querySelector("[data-search]");
        if (search) {
          event.preventDefault();
          search.focus();
          search.select();
        }
        break;
      }
      case "g": goUntil = Date.now() + GO_MS; break;
      case "j": move(1); break;
      case "k": move(-1); break;
      case "Enter": {
        if (event.target.closest("a, button, summary")) return;
        const row = document.querySelector("[data-row].is-selected");
        if (row?.dataset.href) location.assign(row.dataset.href);
        break;
      }
      case "?": onHelp(); break;
    }
  });
}
