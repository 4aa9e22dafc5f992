// One trip: the two places of its record, and between them the track of the vehicle. Points are [unix seconds, longitude,
// latitude, km/h], WGS-84.

import { drawGround } from "../../components/basemap.js";
import { pageData, token } from "../../lib/map.js";

const PADDING = [32, 32];
const CLOSEST_ZOOM = 16;

function draw(element, trip) {
  const L = window.L;
  const map = L.map(element, { preferCanvas: true, scrollWheelZoom: false });
  map.attributionControl.setPrefix(false);
  const places = trip.points.map(([, longitude, latitude]) => [latitude, longitude]);
  const ends = [trip.board, trip.alight].filter(Boolean);
  const all = [...places, ...ends];
  if (all.length) map.fitBounds(L.latLngBounds(all), { padding: PADDING, maxZoom: CLOSEST_ZOOM });
  else map.setView(trip.leaflet.center, trip.leaflet.zoom);
  // The trip is there with or without roads and names under it.
  drawGround(map, trip).catch((problem) => console.warn("the base map could not be drawn", problem));
  const during = trip.points.filter(([at]) => at >= trip.from && at <= trip.until);
  L.polyline(places, { color: token("--state-offline"), weight: 3, dashArray: "4 5" }).addTo(map);
  L.polyline(during.map(([, longitude, latitude]) => [latitude, longitude]), {
    color: token("--state-moving"), weight: 5,
  }).addTo(map);
  const edge = { color: token("--surface"), weight: 2, fillColor: token("--ink"), fillOpacity: 1 };
  if (trip.board) L.circleMarker(trip.board, { ...edge, radius: 7 }).bindTooltip("上车点").addTo(map);
  if (trip.alight) {
    const square = L.divIcon({ className: "trip-end", iconSize: [13, 13] });
    L.marker(trip.alight, { icon: square, keyboard: false }).bindTooltip("下车点").addTo(map);
  }
}

draw(document.querySelector("[data-trip-map]"), pageData("trip-config"));
document.documentElement.dataset.ready = "trip";
