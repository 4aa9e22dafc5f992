// Completion as it is typed: a datalist that the server fills; what was picked is told to who asked.

import { getJson } from "../../lib/http.js";

const WAIT_MS = 200;

/** Completes `input` from `<base><what>/?q=`; `picked(option)` is called when the text is one of the options, or null. */
export function completes(input, what, base, picked = () => {}) {
  const list = document.getElementById(input.getAttribute("list"));
  let options = [];
  let timer = 0;
  let asked = null;
  const look = () => picked(options.find((option) => option.value === input.value) ?? null);
  input.addEventListener("input", () => {
    clearTimeout(timer);
    look();
    timer = setTimeout(async () => {
      asked?.abort();
      asked = new AbortController();
      try {
        ({ options } = await getJson(`${base}${what}/?q=${encodeURIComponent(input.value)}`, { signal: asked.signal }));
      } catch {
        return; // the next key asks again
      }
      list.replaceChildren(
        ...options.map(({ value, label }) => Object.assign(document.createElement("option"), { value, label })),
      );
      look();
    }, WAIT_MS);
  });
  input.addEventListener("change", look);
}
