// The desk of lost property: places are clicked on the map or typed, candidates are chosen by click or j and k, and the
// map shows the way of the chosen one. WGS-84 throughout.

import { drawGround } from "../../components/basemap.js";
import { getJson } from "../../lib/http.js";
import { pageData, token } from "../../lib/map.js";
import { armNames } from "./lost_names.js";

const L = window.L;
const DRAWN = 5; // ways drawn from the start, the likeliest first
const config = pageData("lost-config");
const form = document.querySelector("[data-lost-form]");
const element = document.querySelector("[data-lost-map]");
const panel = document.getElementById("lost-panel");
const ENDS = { board: "--state-moving", alight: "--state-alarm" };
const field = (name) => form.elements.namedItem(name);

const map = L.map(element, { preferCanvas: true, scrollWheelZoom: true, zoomControl: false });
L.control.zoom({ position: "bottomright", zoomInTitle: "放大", zoomOutTitle: "缩小" }).addTo(map);
map.attributionControl.setPrefix(false);
map.setView(config.leaflet.center, config.leaflet.zoom);
drawGround(map, config).catch((problem) => console.warn("the base map could not be drawn", problem));

// --- the circles of the question ---
const circles = {};

function spot(end) {
  const [latitude, longitude] = ["latitude", "longitude"].map((part) => field(`${end}_${part}`).value.trim());
  return latitude && longitude ? [Number(latitude), Number(longitude)] : null;
}

function drawEnd(end) {
  circles[end]?.remove();
  const place = spot(end);
  if (!place) return;
  const style = { radius: Number(field(`${end}_radius_m`).value) || 300, color: token(ENDS[end]), weight: 2, fillOpacity: 0.12 };
  circles[end] = L.circle(place, style).bindTooltip(end === "board" ? "上车" : "下车", { permanent: true }).addTo(map);
}

function setEnd(end, latitude, longitude, name = null) {
  field(`${end}_latitude`).value = latitude === null ? "" : latitude.toFixed(6);
  field(`${end}_longitude`).value = longitude === null ? "" : longitude.toFixed(6);
  if (name !== null) field(`${end}_place`).value = name;
  drawEnd(end);
}

const viaLayer = L.layerGroup().addTo(map);
const vias = () => field("via").value.split(";").filter(Boolean);

function drawVia() {
  viaLayer.clearLayers();
  vias().forEach((pair, index) => {
    const radius = Number(field("via_radius_m").value) || 300;
    L.circle(pair.split(",").map(Number), { radius, color: token("--state-stopped"), weight: 2, dashArray: "4 4", fillOpacity: 0.08 })
      .bindTooltip(`途经 ${index + 1}`, { permanent: true })
      .addTo(viaLayer);
  });
  document.querySelector("[data-via-count]").textContent = vias().length ? `${vias().length} 个，按先后` : "";
  document.querySelector("[data-via-clear]").hidden = !vias().length;
}

let picking = "";

function pick(end) {
  picking = picking === end ? "" : end;
  element.classList.toggle("is-picking", picking !== "");
  for (const button of document.querySelectorAll("[data-pick]")) button.setAttribute("aria-pressed", String(button.dataset.pick === picking));
}

map.on("click", ({ latlng }) => {
  // The first click is where the caller got in, the next where out, unless a button says otherwise.
  const end = picking || (spot("board") ? (spot("alight") ? "" : "alight") : "board");
  if (end === "via") {
    field("via").value = [...vias(), `${latlng.lat.toFixed(6)},${latlng.lng.toFixed(6)}`].slice(-3).join(";");
    drawVia();
  } else if (end) {
    setEnd(end, latlng.lat, latlng.lng, "地图点选");
    if (!field(`${end}_at`).value) field(`${end}_at`).focus();
  }
  if (picking) pick(picking);
});

for (const button of document.querySelectorAll("[data-pick]")) button.addEventListener("click", () => pick(button.dataset.pick));
document.querySelector("[data-via-clear]").addEventListener("click", () => {
  field("via").value = "";
  drawVia();
});
for (const end of Object.keys(ENDS)) {
  field(`${end}_radius_m`).addEventListener("input", () => drawEnd(end));
  armNames(field(`${end}_place`), form.dataset.places, {
    chosen: ({ latitude, longitude, name }) => {
      setEnd(end, latitude, longitude, name);
      map.panTo([latitude, longitude]);
    },
    emptied: () => setEnd(end, null, null),
  });
  drawEnd(end);
}
field("via_radius_m").addEventListener("input", drawVia);
drawVia();

// --- the candidates ---
const ways = new Map();
const rows = [...document.querySelectorAll("[data-ride]")];

function ends(ride) {
  const edge = { color: token("--surface"), weight: 2, fillOpacity: 1, radius: 6 };
  return [
    L.circleMarker(ride.board, { ...edge, fillColor: token(ENDS.board) }),
    L.circleMarker(ride.alight, { ...edge, fillColor: token(ENDS.alight) }),
  ];
}

async function way(ride) {
  if (!ways.has(ride.pk)) {
    const line = L.polyline([ride.board, ride.alight], { color: token("--state-offline"), weight: 3, opacity: 0.55, dashArray: "4 5" });
    ways.set(ride.pk, L.featureGroup([line]).addTo(map));
    try {
      const { points } = await getJson(ride.track);
      if (points.length > 1) line.setLatLngs(points.map(([longitude, latitude]) => [latitude / 1e6, longitude / 1e6])).setStyle({ dashArray: null });
    } catch (problem) {
      console.warn("the way could not be drawn", problem);
    }
  }
  return ways.get(ride.pk);
}

const marks = L.layerGroup().addTo(map);

async function choose(pk, { fit = true } = {}) {
  const ride = config.rides.find((one) => one.pk === pk);
  if (!ride) return;
  for (const row of rows) row.classList.toggle("is-selected", Number(row.dataset.ride) === pk);
  marks.clearLayers();
  for (const mark of ends(ride)) mark.addTo(marks);
  const group = await way(ride);
  for (const [other, layer] of ways) layer.setStyle(other === pk ? { color: token("--accent"), weight: 5, opacity: 1 } : { color: token("--state-offline"), weight: 3, opacity: 0.45 });
  group.bringToFront();
  if (fit) map.fitBounds(L.latLngBounds([ride.board, ride.alight]).extend(group.getBounds()), { padding: [36, 36], maxZoom: 16 });
}

for (const row of rows) {
  row.querySelector("a").addEventListener("click", () => choose(Number(row.dataset.ride)));
  row.querySelector("a").addEventListener("focus", () => choose(Number(row.dataset.ride), { fit: false }));
}

async function start() {
  const shown = Object.keys(ENDS).map(spot).filter(Boolean);
  if (shown.length && !config.rides.length) map.fitBounds(L.latLngBounds(shown).pad(0.3), { maxZoom: 15 });
  if (!config.rides.length) return;
  await Promise.all(config.rides.slice(0, DRAWN).map(way));
  await choose(config.rides[0].pk);
  // The likeliest opens by itself: the caller waits.
  window.htmx?.trigger(rows[0].querySelector("a"), "click");
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest("input, textarea, select, dialog[open]")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const end = { 1: "board", 2: "alight", 3: "via" }[event.key];
  if (end) pick(end);
});
document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target === panel) panel.scrollTop = 0;
});

await start();
document.documentElement.dataset.ready = "lost";
