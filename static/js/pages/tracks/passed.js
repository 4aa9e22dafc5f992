// Picks the place of a question on the map: a click fills the coordinates, the circle follows the radius. WGS-84.

import { drawGround } from "../../components/basemap.js";
import { pageData, token } from "../../lib/map.js";

const L = window.L;
const config = pageData("passed-config");
const field = (name) => document.querySelector(`[data-place="${name}"]`);
const radius = document.querySelector("[data-radius]");

const map = L.map(document.querySelector("[data-passed-map]"), { preferCanvas: true, scrollWheelZoom: true });
map.attributionControl.setPrefix(false);
map.setView(config.place ?? config.leaflet.center, config.place ? 15 : config.leaflet.zoom);
drawGround(map, config).catch((problem) => console.warn("the base map could not be drawn", problem));

const circle = L.circle(map.getCenter(), { radius: 1, color: token("--state-alarm"), weight: 2, fillOpacity: 0.15 });

function show(place, metres) {
  if (!place.every(Number.isFinite)) return circle.remove();
  return circle.setLatLng(place).setRadius(metres || 200).addTo(map);
}

function typed() {
  const numbers = ["latitude", "longitude"].map((name) => (field(name).value.trim() ? Number(field(name).value) : NaN));
  show(numbers, Number(radius.value));
}

map.on("click", ({ latlng }) => {
  field("latitude").value = latlng.lat.toFixed(6);
  field("longitude").value = latlng.lng.toFixed(6);
  typed();
});
for (const input of [field("latitude"), field("longitude"), radius]) input.addEventListener("input", typed);
if (config.place) show(config.place, config.radius_m);
else typed();
document.documentElement.dataset.ready = "passed";
