// The emergency desk: the list of open calls stays live, the call in hand shows where its vehicle is now.

import { showConnection } from "../../components/connection.js";
import { toggle } from "../../components/siren.js";
import { full } from "../../lib/format.js";
import { getJson } from "../../lib/http.js";
import { pageData, token } from "../../lib/map.js";

const L = window.L;
const ASK_EVERY_MS = 3000;
const CLOSEST_ZOOM = 15;
const GO_MS = 1200;

let map = null;
let drawn = null;
let acting = false;

const body = () => document.querySelector("#call-body[data-call]");
const chosen = () => body()?.dataset.call ?? "";

// --- The list ---

function refreshList() {
  const list = document.querySelector("#open-calls");
  window.htmx.ajax("GET", `${list.dataset.source}?call=${chosen()}`, { target: "#open-calls", swap: "innerHTML" });
}

document.addEventListener("emergency", (event) => {
  if (!event.detail.state) return; // only its place is newer
  refreshList();
  if (!body()) {
    if (event.detail.id) location.reload(); // an empty desk has its first call
  } else if (String(event.detail.id) === chosen() && !acting && event.detail.state !== body().dataset.state) {
    if (typed()) document.querySelector("[data-changed]").hidden = false;
    else redraw();
  }
});
document.addEventListener("emergency-acted", refreshList);
document.addEventListener("emergency-connection", (event) => showConnection(event.detail));
document.addEventListener("htmx:beforeRequest", (event) => (acting ||= event.detail.requestConfig.verb === "post"));
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.requestConfig.verb === "post") setTimeout(() => (acting = false), 1500);
});

/** Whether the officer has begun to write something: it is never taken away. */
function typed() {
  return [...body().querySelectorAll("textarea, input[type=text]")].some((field) => field.value.trim() !== "");
}

function redraw() {
  window.htmx.ajax("GET", body().dataset.self, { target: "#call-body", swap: "outerHTML" });
}

// One form's answer draws the call anew: what stands half-written in the others is put back.
let kept = {};
let keptOf = "";
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id !== "call-body" || !body()) return;
  const sent = event.detail.requestConfig.elt;
  kept = {};
  keptOf = chosen();
  for (const field of body().querySelectorAll("textarea, input[type=text], input[type=tel]")) {
    if (field.value.trim() && !sent.contains(field)) kept[field.name] = field.value;
  }
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "call-body") return;
  for (const [name, value] of keptOf === chosen() ? Object.entries(kept) : []) {
    for (const field of body()?.querySelectorAll(`[name="${CSS.escape(name)}"]`) ?? []) {
      field.value ||= value;
      if (field.closest("details")) field.closest("details").open = true;
    }
  }
  kept = {};
});

// --- The map ---

function makeMap() {
  const element = document.querySelector("[data-call-map]");
  if (!element || element.dataset.drawn) return;
  element.dataset.drawn = "yes";
  map?.remove();
  map = L.map(element, { preferCanvas: true, scrollWheelZoom: true });
  map.attributionControl.setPrefix(false);
  map.setView([41.12, 122.07], 10);
  drawn = null;
  import("../../components/basemap.js")
    .then(({ drawGround }) => drawGround(map, pageData("desk-ground")))
    .catch((problem) => console.warn("the base map could not be drawn", problem));
  place();
}

async function place() {
  const here = body();
  if (!here || !map) return;
  let told;
  try {
    told = await getJson(here.dataset.place);
  } catch (problem) {
    console.warn("the place could not be asked for", problem);
    return;
  }
  if (here !== body() || !told.trail.length) return;
  draw(told);
}

function draw({ trail, plate }) {
  const places = trail.map(([, longitude, latitude]) => [latitude, longitude]);
  const [at, longitude, latitude, speed] = trail.at(-1);
  if (!drawn) {
    drawn = {
      line: L.polyline(places, { color: token("--state-offline"), weight: 3 }).addTo(map),
      spot: L.circleMarker(places.at(-1), {
        radius: 9, color: token("--surface"), weight: 3, fillColor: token("--state-alarm"), fillOpacity: 1,
      }).bindTooltip(plate, { permanent: true, direction: "top", offset: [0, -8] }).addTo(map),
    };
    map.fitBounds(L.latLngBounds(places).pad(0.3), { maxZoom: CLOSEST_ZOOM });
  } else {
    drawn.line.setLatLngs(places);
    drawn.spot.setLatLng(places.at(-1));
    if (!map.getBounds().pad(-0.1).contains(places.at(-1))) map.panTo(places.at(-1));
  }
  const here = body();
  here.querySelector("[data-degrees]").textContent = `${longitude.toFixed(6)}, ${latitude.toFixed(6)}`;
  here.querySelector("[data-speed]").textContent = speed.toFixed(1);
  here.querySelector("[data-at]").textContent = `终端时间 ${full(new Date(at * 1000))}`;
}

document.addEventListener("htmx:afterSwap", (event) => {
  makeMap();
  if (event.detail.target.id === "call-body") markChosen();
});
setInterval(() => body()?.dataset.state !== "closed" && place(), ASK_EVERY_MS);

function markChosen() {
  document.querySelectorAll("[data-row]").forEach((row) => row.classList.toggle("is-open", row.dataset.call === chosen()));
}

// --- The keyboard ---

let goUntil = 0; // g and a letter is the house's own

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog[open]")) return;
  if (event.key === "g") goUntil = Date.now() + GO_MS;
  else if (Date.now() < goUntil) goUntil = 0;
  else if (event.key === "a") document.querySelector("[data-verb=acknowledge] button")?.click();
  else if (event.key === "x") document.querySelector("[data-order=photo] button")?.click();
  else if (event.key === "s") toggle();
  else if (event.key === "i") {
    event.preventDefault();
    document.querySelector("[data-verb=note] textarea")?.focus();
  }
});

makeMap();
