// The slice of track that proves a finding: on the map, and as speed over time against the limit.
// Points are [unix seconds, longitude, latitude, km/h], WGS-84.

import { clock } from "../../lib/format.js";

const PADDING = [24, 24];
const CLOSEST_ZOOM = 16;

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function drawMap(element, track) {
  const L = window.L;
  const map = L.map(element, { preferCanvas: true, scrollWheelZoom: false });
  map.attributionControl.setPrefix(false);
  const places = track.points.map(([, longitude, latitude]) => [latitude, longitude]);
  map.fitBounds(L.latLngBounds(places), { padding: PADDING, maxZoom: CLOSEST_ZOOM });
  // The track proves the case with or without roads and names under it.
  import("../../components/basemap.js")
    .then(({ drawGround }) => drawGround(map, JSON.parse(document.querySelector("#case-ground").textContent)))
    .catch((problem) => console.warn("the base map could not be drawn", problem));
  const during = places.filter((_, i) => track.points[i][0] >= track.from && track.points[i][0] <= track.until);
  L.polyline(places, { color: colour("--state-offline"), weight: 3, dashArray: "4 5" }).addTo(map);
  if (during.length > 1) L.polyline(during, { color: colour("--state-alarm"), weight: 5 }).addTo(map);
  const edge = { color: colour("--surface"), weight: 2, fillColor: colour("--ink"), fillOpacity: 1 };
  const place = during.length ? during : places;
  L.circleMarker(place[0], { ...edge, radius: 6 }).bindTooltip("起点").addTo(map);
  const square = L.divIcon({ className: "evidence-end", iconSize: [12, 12] });
  L.marker(place.at(-1), { icon: square, keyboard: false }).bindTooltip("终点").addTo(map);
  return map;
}

function drawChart(element, track) {
  const chart = window.echarts.init(element, null, { renderer: "svg" });
  const limit = track.limit_kmh;
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: colour("--ink-2") },
    grid: { left: 44, right: 16, top: 24, bottom: 24 },
    tooltip: {
      trigger: "axis",
      formatter: ([point]) => `${clock(new Date(point.value[0]))}<br>${point.value[1].toFixed(1)} km/h`,
    },
    xAxis: { type: "time", axisLabel: { formatter: (value) => clock(new Date(value)), hideOverlap: true } },
    yAxis: {
      type: "value", name: "km/h", nameGap: 8,
      max: (value) => Math.ceil((Math.max(value.max, limit ?? 0) + 5) / 20) * 20,
      interval: 20,
    },
    series: [{
      type: "line",
      showSymbol: track.points.length < 60,
      symbolSize: 4,
      lineStyle: { width: 2, color: colour("--state-stopped") },
      itemStyle: { color: colour("--state-stopped") },
      data: track.points.map(([at, , , speed]) => [at * 1000, speed]),
      markLine: limit
        ? { symbol: "none", silent: true, lineStyle: { color: colour("--state-alarm"), type: "dashed" },
            label: { formatter: `限速 ${limit}`, position: "insideStartTop", color: colour("--state-alarm"), backgroundColor: colour("--surface") }, data: [{ yAxis: limit }] }
        : undefined,
      markArea: {
        silent: true, itemStyle: { color: colour("--soft-alarm") },
        data: [[{ xAxis: track.from * 1000 }, { xAxis: track.until * 1000 }]],
      },
    }],
  });
  const observer = new ResizeObserver(() => chart.resize());
  observer.observe(element);
  return () => {
    observer.disconnect();
    chart.dispose();
  };
}

/** Draws what is not drawn yet; gives back what takes it down again, for a page that shows one after the other. */
export function drawEvidence() {
  const source = document.querySelector("#case-track");
  const map = document.querySelector("[data-evidence-map]");
  const chart = document.querySelector("[data-evidence-chart]");
  if (!source || !map || map.dataset.drawn) return;
  map.dataset.drawn = "yes";
  const track = JSON.parse(source.textContent);
  const drawn = drawMap(map, track);
  const clear = drawChart(chart, track);
  return () => {
    clear();
    drawn.remove();
  };
}
