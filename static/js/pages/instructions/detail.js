// One instruction: results by keyboard. j and k choose a row (lib/keyboard.js), 1 to 4 record its result, x ticks it,
// l opens its case. The rows come again from the server; the next row that waits is chosen then.

let place = -1; // of the row that was acted on

function rows() {
  return [...document.querySelectorAll("#instruction-items [data-row]")];
}

function choose(index) {
  const list = rows();
  list.forEach((row) => row.classList.remove("is-selected"));
  list[Math.min(index, list.length - 1)]?.classList.add("is-selected");
}

/** Posts one row's result through the form's own address; what is typed beside the ticked ones stays out of it. */
function record(row, result) {
  const form = row.closest("[data-items]");
  place = rows().indexOf(row);
  window.htmx.ajax("POST", form.getAttribute("hx-post"), {
    source: row,
    target: "#instruction-items",
    swap: "outerHTML",
    values: { item: row.dataset.item, result, note: "" },
  });
}

function count() {
  const ticked = document.querySelectorAll("#instruction-items [name=item]:checked").length;
  const told = document.querySelector("[data-ticked]");
  if (told) told.textContent = ticked ? `已勾选 ${ticked} 项` : "未勾选";
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-result]");
  if (button) record(button.closest("[data-row]"), button.dataset.result);
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-all]")) {
    document.querySelectorAll("#instruction-items [name=item]").forEach((box) => (box.checked = event.target.checked));
  }
  if (event.target.closest("#instruction-items")) count();
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest("textarea, select, dialog[open], input:not([type=checkbox])")) return;
  const row = document.querySelector("#instruction-items [data-row].is-selected");
  if (!row) return;
  const button = row.querySelectorAll("[data-result]")[Number(event.key) - 1];
  if (button) record(row, button.dataset.result);
  else if (event.key === "x") {
    const box = row.querySelector("[name=item]");
    if (box) {
      box.checked = !box.checked;
      count();
    }
  } else if (event.key === "l") {
    place = rows().indexOf(row);
    row.querySelector("[data-case]")?.click();
  }
});

// Only once htmx has taken hold of the new rows: before that their buttons would load the whole page.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target.id !== "instruction-items" || place < 0) return;
  choose(place + 1);
  place = -1;
});
