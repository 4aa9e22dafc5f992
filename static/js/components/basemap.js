// The ground of every map (底图): sea, counties, rivers, roads of the demo, names. All from the house's own files.

import { getJson } from "../lib/http.js";
import { token } from "../lib/map.js";

const L = window.L;
const SOURCES = "边界 © 天地图 · 海岸线 GSHHG、Natural Earth · 河流 WDBII · 地名 © GeoNames";
// From which zoom a class of place is named, and a class of road drawn.
const NAMED_FROM = { 1: 8, 2: 9, 3: 11 };
const ROAD_FROM = { expressway: 8, main: 9, county: 10.5, ramp: 12, arterial: 10.5, street: 12.5 };
const GRID = 28; // steps of the search for a county's middle
const ROAD_WEIGHT = { expressway: 3, main: 2, county: 1.5, ramp: 1.5, arterial: 1.5, street: 1 };

/**
 * Draws the ground under `map`; resolves to `boundsOf(codes)`: where those counties lie, all of
 * them for an empty list; null where there are none.
 * `config` names the addresses: counties, basemap (a city without one has plain ground), roads (made up, or null).
 */
export async function drawGround(map, config) {
  map.createPane("ground").style.zIndex = 150;
  for (const [name, level] of [["names", 250], ["county-names", 450]]) {
    map.createPane(name).style.zIndex = level;
    map.getPane(name).style.pointerEvents = "none";
  }
  const [counties, ground, roads] = await Promise.all([
    getJson(config.counties),
    optional(config.basemap),
    optional(config.roads),
  ]);
  const renderer = L.canvas({ pane: "ground", padding: 0.4 });
  const style = { pane: "ground", renderer, interactive: false };
  const features = Object.groupBy
    ? Object.groupBy(ground.features, (feature) => feature.properties.layer)
    : grouped(ground.features);

  area(features.sea, { ...style, stroke: false, fillColor: token("--map-sea"), fillOpacity: 1 }).addTo(map);
  const land = area(counties.features, {
    ...style, color: token("--map-county-line"), weight: 1.5, fillColor: token("--map-county"), fillOpacity: 1,
  }).addTo(map);
  area(features.sea, { ...style, stroke: false, fillColor: token("--map-sea"), fillOpacity: 0.55 }).addTo(map);
  area(features.neighbour, { ...style, color: token("--map-line"), weight: 1, dashArray: "6 4", fill: false }).addTo(map);
  area(features.river, { ...style, color: token("--map-river"), weight: 2, fill: false }).addTo(map);
  drawRoads(map, roads.features, style);
  area(counties.features, { ...style, color: token("--map-county-line"), weight: 1.5, fill: false }).addTo(map);

  const names = [
    ...counties.features.map((county) => [label(map, middle(county), county.properties.name, "county"), 8.5]),
    ...(features.place ?? []).map(({ geometry, properties }) => [
      label(map, [geometry.coordinates[1], geometry.coordinates[0]], properties.name, `place-${properties.rank}`),
      NAMED_FROM[properties.rank] ?? 11,
    ]),
    ...(features.river ?? []).map((river) => [label(map, half(river.geometry), river.properties.name, "river"), 9.5]),
  ];
  byZoom(map, names);
  if (ground.features.length) map.attributionControl.addAttribution(SOURCES);
  return (codes) => {
    const bounds = L.latLngBounds([]);
    land.eachLayer((county) => {
      if (!codes.length || codes.includes(county.feature.properties.code)) bounds.extend(county.getBounds());
    });
    return bounds.isValid() ? bounds : null;
  };
}

async function optional(url) {
  if (!url) return { features: [] };
  try {
    return await getJson(url);
  } catch (problem) {
    console.warn("the base map could not be read", url, problem);
    return { features: [] };
  }
}

function grouped(features) {
  const groups = {};
  for (const feature of features) (groups[feature.properties.layer] ??= []).push(feature);
  return groups;
}

function area(features, style) {
  return L.geoJSON({ type: "FeatureCollection", features: features ?? [] }, { ...style, style, interactive: false });
}

function drawRoads(map, features, style) {
  const layers = features.map((road) => {
    const { name } = road.properties;
    const colour = token(name === "expressway" ? "--map-expressway" : "--map-road");
    return [area([road], { ...style, color: colour, weight: ROAD_WEIGHT[name] ?? 1, fill: false }), ROAD_FROM[name] ?? 12];
  });
  byZoom(map, layers);
}

/** Show each of [layer, from which zoom] only where the map is near enough. */
function byZoom(map, layers) {
  const update = () => {
    for (const [layer, from] of layers) {
      if (map.getZoom() >= from) layer.addTo(map);
      else layer.remove();
    }
  };
  map.on("zoomend", update);
  update();
}

function label(map, place, text, kind) {
  const icon = L.divIcon({ className: `map-name map-name-${kind}`, html: "", iconSize: null });
  const pane = kind === "county" ? "county-names" : "names"; // a county's name stands above its vehicles
  const marker = L.marker(place, { icon, interactive: false, keyboard: false, pane });
  marker.on("add", () => {
    marker.getElement().textContent = text;
  });
  return marker;
}

/** A place for a county's name: the point of its largest ring that lies furthest inside, on a grid. */
function middle(county) {
  const polygons = county.geometry.type === "Polygon" ? [county.geometry.coordinates] : county.geometry.coordinates;
  const ring = polygons.map(([shell]) => shell).reduce((a, b) => (Math.abs(signed(b)) > Math.abs(signed(a)) ? b : a));
  const xs = ring.map(([x]) => x);
  const ys = ring.map(([, y]) => y);
  const [west, east, south, north] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const narrow = Math.cos((south * Math.PI) / 180);
  let best = { depth: -1, at: [(south + north) / 2, (west + east) / 2] };
  for (let i = 1; i < GRID; i++) {
    for (let j = 1; j < GRID; j++) {
      const x = west + ((east - west) * i) / GRID;
      const y = south + ((north - south) * j) / GRID;
      const depth = depthIn(ring, x, y, narrow);
      if (depth > best.depth) best = { depth, at: [y, x] };
    }
  }
  return best.at;
}

function signed(ring) {
  let doubled = 0;
  for (let i = 0; i < ring.length - 1; i++) doubled += ring[i][0] * ring[i + 1][1] - ring[i + 1][0] * ring[i][1];
  return doubled;
}

/** How far a point lies from the nearest edge of the ring, squared; -1 outside. */
function depthIn(ring, x, y, narrow) {
  let inside = false;
  let least = Infinity;
  for (let i = 0; i < ring.length - 1; i++) {
    const [ax, ay] = ring[i];
    const [bx, by] = ring[i + 1];
    if (ay > y !== by > y && x < ax + ((bx - ax) * (y - ay)) / (by - ay)) inside = !inside;
    const dx = (bx - ax) * narrow;
    const dy = by - ay;
    const px = (x - ax) * narrow;
    const py = y - ay;
    const share = Math.max(0, Math.min(1, (px * dx + py * dy) / (dx * dx + dy * dy || 1)));
    least = Math.min(least, (px - share * dx) ** 2 + (py - share * dy) ** 2);
  }
  return inside ? least : -1;
}

function half(geometry) {
  const lines = geometry.type === "LineString" ? [geometry.coordinates] : geometry.coordinates;
  const line = lines.reduce((longest, next) => (next.length > longest.length ? next : longest));
  const [longitude, latitude] = line[Math.floor(line.length * 0.55)];
  return [latitude, longitude];
}
