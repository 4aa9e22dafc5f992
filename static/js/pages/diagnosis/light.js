/** Bytes and fields of a frame light up together: what is hovered, focused or picked on one side shows on the other. */

/** Light up what lies under every ``[data-explained]`` inside ``root``. */
export function light(root) {
  for (const panel of root.querySelectorAll("[data-explained]:not([data-lit])")) {
    panel.dataset.lit = "";
    watch(panel);
  }
}

function watch(panel) {
  const bytes = [...panel.querySelectorAll("[data-at]")];
  const rows = [...panel.querySelectorAll("tr[data-from]")];
  const box = panel.querySelector("[data-bytes]");
  let lit = [];

  function show(from, to, row) {
    for (const one of lit) one.classList.remove("is-lit");
    lit = bytes.slice(from, to);
    if (row) lit.push(row);
    for (const one of lit) one.classList.add("is-lit");
  }

  /** The innermost field that has the byte: the last row that holds it and isn't longer than the others. */
  function rowAt(at) {
    const holding = rows.filter((row) => Number(row.dataset.from) <= at && at < Number(row.dataset.to));
    return holding.reduce((best, row) => (best && size(best) < size(row) ? best : row), null);
  }

  function showRow(row) {
    show(Number(row.dataset.from), Number(row.dataset.to), row);
    const first = bytes[Number(row.dataset.from)];
    if (!first) return;
    const below = first.offsetTop - box.scrollTop;
    if (below < 0 || below > box.clientHeight - first.offsetHeight) box.scrollTop = first.offsetTop - box.clientHeight / 2;
  }

  function showByte(at, scroll) {
    const row = rowAt(at);
    if (!row) return;
    show(Number(row.dataset.from), Number(row.dataset.to), row);
    if (scroll) row.scrollIntoView({ block: "center" });
  }

  for (const happening of ["mouseover", "focusin"]) {
    panel.addEventListener(happening, (event) => {
      const row = event.target.closest("tr[data-from]");
      const byte = event.target.closest("[data-at]");
      if (row) showRow(row);
      else if (byte) showByte(Number(byte.dataset.at), false);
    });
  }
  panel.addEventListener("click", (event) => {
    const place = event.target.closest("[data-goto], [data-at]");
    if (place) showByte(Math.min(Number(place.dataset.goto ?? place.dataset.at), bytes.length - 1), true);
  });
}

function size(row) {
  return Number(row.dataset.to) - Number(row.dataset.from);
}
