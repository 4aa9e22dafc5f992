// The console: keyboard first, completion, the map, and the call that rings. The page works as a form without it.

import { pageData, token } from "../../lib/map.js";
import { completes } from "./completion.js";

const L = window.L;
const form = document.querySelector("[data-console]");
const field = (name) => form.elements.namedItem(name);
const BASE = form.dataset.complete.replace(/plates\/$/, "");
const kindOf = pageData("console-kinds");

const beside = () => window.htmx.trigger("#beside", "beside-refresh");

// --- Kind and category ---

const category = field("category");
const groups = [...category.querySelectorAll("optgroup")];

function showKind(kind, { open = false } = {}) {
  for (const button of form.querySelectorAll("[data-kind]")) {
    const chosen = button.dataset.kind === kind;
    button.classList.toggle("is-chosen", chosen);
    button.setAttribute("aria-pressed", String(chosen));
  }
  const keep = category.value;
  category.replaceChildren(
    category.querySelector("option[value='']"),
    ...groups.filter((group) => !kind || kindOf[group.querySelector("option")?.value] === kind),
  );
  category.value = kindOf[keep] === kind || !kind ? keep : "";
  // The questions of the category that was left go with it.
  if (keep && !category.value) category.dispatchEvent(new Event("change", { bubbles: true }));
  if (open) category.focus();
}

for (const button of form.querySelectorAll("[data-kind]")) {
  button.addEventListener("click", () => showKind(button.dataset.kind, { open: true }));
}
category.addEventListener("change", () => {
  const kind = kindOf[category.value];
  if (kind) showKind(kind);
  // A consultation is as a rule answered on the spot; what must be looked into goes to its county.
  if (kind && !touched) field("then").value = kind === "consultation" || kind === "praise" ? "answer" : "county";
  showThen();
});

// --- What becomes of it ---

let touched = form.querySelector("[data-then] .has-errors") !== null;
function showThen() {
  for (const part of form.querySelectorAll("[data-when]")) {
    part.hidden = !part.dataset.when.split(" ").includes(field("then").value);
  }
}
field("then").addEventListener("change", () => {
  touched = true;
  showThen();
});

// --- Completion ---

completes(field("plates_said"), "plates", BASE, (option) => {
  if (option?.company && !field("company_name").value) field("company_name").value = option.company;
});
completes(field("company_name"), "companies", BASE);
completes(field("driver_name"), "drivers", BASE, (option) => {
  field("practitioner").value = option?.id ?? "";
  if (option?.label && !field("company_name").value) field("company_name").value = option.label;
});
completes(field("line"), "lines", BASE);
completes(field("place"), "places", BASE, (option) => {
  if (option?.place) mark(...option.place);
});

document.addEventListener("click", (event) => {
  const plate = event.target.closest("[data-take-plate]");
  if (plate) {
    const said = field("plates_said");
    said.value = plate.dataset.takePlate;
    said.focus();
    beside();
  }
  const same = event.target.closest("[data-duplicate]");
  if (same) {
    field("duplicate_of").value = same.dataset.duplicate;
    field("duplicate_of").focus();
  }
});

// --- The map ---

const opener = form.querySelector("[data-map-open]");
const box = form.querySelector("[data-map]");
let map = null;
let pin = null;

function mark(latitude, longitude) {
  field("latitude").value = latitude.toFixed(6);
  field("longitude").value = longitude.toFixed(6);
  form.querySelector("[data-map-words]").textContent = `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`;
  if (!map) return;
  pin ??= L.circleMarker([latitude, longitude], { radius: 8, color: token("--state-alarm"), weight: 3 }).addTo(map);
  pin.setLatLng([latitude, longitude]);
}

opener.addEventListener("click", () => {
  box.hidden = !box.hidden;
  opener.setAttribute("aria-expanded", String(!box.hidden));
  if (box.hidden || map) return;
  map = L.map(box, { preferCanvas: true });
  map.attributionControl.setPrefix(false);
  const there = [Number(field("latitude").value), Number(field("longitude").value)];
  map.setView(there[0] ? there : [41.12, 122.07], there[0] ? 14 : 10);
  if (there[0]) mark(...there);
  map.on("click", ({ latlng }) => mark(latlng.lat, latlng.lng));
  import("../../components/basemap.js")
    .then(({ drawGround }) => drawGround(map, pageData("console-ground")))
    .catch((problem) => console.warn("the base map could not be drawn", problem));
});

// --- The keyboard ---

/** Now as a datetime field writes it, by the clock of the city, wherever the browser thinks it is. */
function now() {
  return new Date().toLocaleString("sv-SE", { timeZone: "Asia/Shanghai" }).slice(0, 16).replace(" ", "T");
}

const SHORTCUTS = {
  KeyT: () => (field("occurred_at").value = now()),
  KeyC: () => field("content").focus(),
  KeyP: () => field("plates_said").focus(),
  KeyH: () => field("then").focus(),
  KeyK: () => document.querySelector("[data-knowledge] input")?.focus(),
  KeyN: () => location.assign(location.pathname),
};

document.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
    event.preventDefault();
    form.requestSubmit();
    return;
  }
  if (!event.altKey || event.ctrlKey || event.metaKey) return;
  const digit = /^(?:Digit|Numpad)([1-7])$/.exec(event.code);
  if (digit) {
    event.preventDefault();
    showKind(form.querySelectorAll("[data-kind]")[Number(digit[1]) - 1].dataset.kind, { open: true });
  } else if (SHORTCUTS[event.code]) {
    event.preventDefault();
    SHORTCUTS[event.code]();
  }
});
form.addEventListener("keydown", (event) => {
  // Enter in a line of text goes on, it does not save half an order.
  if (event.key === "Enter" && event.target.matches("input") && !event.ctrlKey && !event.isComposing) event.preventDefault();
});
let sent = false;
form.addEventListener("submit", (event) => {
  if (sent) event.preventDefault(); // one order, however often the key is struck
  sent = true;
});
window.addEventListener("pageshow", () => (sent = false));

// --- The call that rings ---

document.addEventListener("call:ringing", ({ detail }) => {
  if (field("caller_phone").value || field("content").value) return; // somebody is being written down
  field("caller_phone").value = detail.whole ? detail.number : ""; // a masked number is none
  field("call").value = detail.id;
  beside();
});
document.addEventListener("click", (event) => {
  const open = event.target.closest("[data-call-open]");
  if (!open || new URL(open.href).searchParams.get("call") !== field("call").value) return;
  event.preventDefault(); // this call is being written down here: what was typed stays
  open.closest("[role=alertdialog]").querySelector("[data-call-away]").click();
  field("content").focus();
});

showKind(kindOf[category.value] ?? "");
showThen();
const wrong = form.querySelector(".has-errors input, .has-errors select, .has-errors textarea");
(wrong ?? field("caller_phone")).focus();
