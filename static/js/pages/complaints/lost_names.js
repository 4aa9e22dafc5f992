// Completes the name of a place as it is typed: arrows and Enter choose, Escape closes.

import { getJson } from "../../lib/http.js";

const WAIT_MS = 120;
let count = 0;

/** Arm `input`: `chosen(place)` when one was picked, `emptied()` when its text no longer names one. */
export function armNames(input, url, { chosen, emptied }) {
  const list = document.createElement("ul");
  list.className = "lost-names";
  list.id = `lost-names-${(count += 1)}`;
  list.setAttribute("role", "listbox");
  list.hidden = true;
  input.parentElement.append(list);
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "false");
  let found = [];
  let at = 0;
  let timer = 0;
  let asked = 0;

  function show() {
    list.replaceChildren(
      ...found.map((place, index) => {
        const line = document.createElement("li");
        line.setAttribute("role", "option");
        line.setAttribute("aria-selected", String(index === at));
        const kind = document.createElement("span");
        kind.className = "quiet";
        kind.textContent = place.kind;
        line.append(place.name, kind);
        line.addEventListener("mousedown", (event) => {
          event.preventDefault();
          take(index);
        });
        return line;
      }),
    );
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
  }

  function take(index) {
    chosen(found[index]);
    found = [];
    show();
  }

  input.addEventListener("input", () => {
    emptied();
    clearTimeout(timer);
    const typed = input.value.trim();
    const mine = (asked += 1);
    if (!typed) {
      found = [];
      return show();
    }
    timer = setTimeout(async () => {
      try {
        const { places } = await getJson(`${url}?q=${encodeURIComponent(typed)}`);
        if (mine !== asked) return;
        found = places;
        at = 0;
        show();
      } catch (problem) {
        console.warn("names could not be completed", problem);
      }
    }, WAIT_MS);
    return undefined;
  });
  input.addEventListener("keydown", (event) => {
    if (list.hidden || event.isComposing) return;
    if (event.key === "ArrowDown") at = (at + 1) % found.length;
    else if (event.key === "ArrowUp") at = (at + found.length - 1) % found.length;
    else if (event.key === "Enter") {
      event.preventDefault();
      return take(at);
    } else if (event.key === "Escape") found = [];
    else return;
    event.preventDefault();
    show();
  });
  input.addEventListener("blur", () => {
    // Leaving the field takes what it plainly names.
    const exact = found.findIndex((place) => place.name === input.value.trim());
    if (exact >= 0) take(exact);
    found = [];
    show();
  });
}
