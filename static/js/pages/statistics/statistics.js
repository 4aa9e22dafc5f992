// Draws the two figures of the statistics that are pictures: the trend, and where cases happened. The tables are HTML.

import { drawGround } from "../../components/basemap.js";
import { getJson } from "../../lib/http.js";
import { pageData, token } from "../../lib/map.js";

const L = window.L;
const SHADES = 5;
const config = pageData("statistics-config");

function drawTrend(element) {
  const chart = window.echarts.init(element, null, { renderer: "svg" });
  const series = (name, column, more) => ({ name, data: config.trend.map((point) => point[column]), ...more });
  const line = (colour) => ({
    type: "line", showSymbol: config.trend.length < 40, symbolSize: 4,
    lineStyle: { color: token(colour), width: 2, type: "dashed" }, itemStyle: { color: token(colour) },
  });
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: token("--ink-2") },
    grid: { left: 48, right: 12, top: 32, bottom: 24 },
    legend: { top: 0, left: 0, itemWidth: 16, textStyle: { color: token("--ink-2") } },
    tooltip: { trigger: "axis" },
    xAxis: { type: "category", data: config.trend.map(([day]) => day), axisLabel: { hideOverlap: true } },
    yAxis: { type: "value", minInterval: 1 },
    series: [
      series("立案", 1, { type: "bar", barMaxWidth: 18, itemStyle: { color: token("--shade-4") } }),
      series("其中已办结", 2, {
        type: "bar", barMaxWidth: 18, barGap: "-100%", itemStyle: { color: token("--shade-2") },
      }),
      series("上期立案", 3, line("--trend-before")),
    ],
  });
  new ResizeObserver(() => chart.resize()).observe(element);
}

/** Upper ends of the shades: as many cells in each, as far as equal numbers allow. */
function limitsOf(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const ends = Array.from({ length: SHADES }, (_, i) => sorted[Math.ceil(((i + 1) * sorted.length) / SHADES) - 1]);
  return ends.filter((end, i) => i === 0 || end > ends[i - 1]);
}

function legend(element, limits) {
  element.replaceChildren(
    ...limits.map((limit, i) => {
      const entry = document.createElement("span");
      const square = document.createElement("i");
      square.className = `heat-${SHADES - limits.length + i + 1}`;
      const from = i ? limits[i - 1] + 1 : 1;
      entry.append(square, from === limit ? `${limit}` : `${from}–${limit}`);
      return entry;
    }),
  );
}

async function drawPlaces(element) {
  const map = L.map(element, { preferCanvas: true, scrollWheelZoom: false });
  map.attributionControl.setPrefix(false);
  map.setView(config.leaflet.center, config.leaflet.zoom);
  const note = document.querySelector("[data-places-note]");
  const ground = drawGround(map, config).catch((problem) => {
    console.warn("the base map could not be drawn", problem);
    return null;
  });
  const { cells, scale, all } = await getJson(config.places);
  const boundsOf = await ground;
  if (!cells.length) {
    note.textContent = "这些案件没有地点";
    const bounds = boundsOf?.([]);
    if (bounds) map.fitBounds(bounds);
    return;
  }
  const limits = limitsOf(cells.map(([, number]) => number));
  const colours = limits.map((_, i) => token(`--shade-${SHADES - limits.length + i + 1}`));
  const renderer = L.canvas({ padding: 0.4 });
  const bounds = L.latLngBounds([]);
  for (const [index, number, latitude, longitude, corners] of cells) {
    const ring = [];
    for (let i = 0; i < corners.length; i += 2) ring.push([latitude + corners[i] / scale, longitude + corners[i + 1] / scale]);
    const shade = limits.findIndex((limit) => number <= limit);
    L.polygon(ring, {
      renderer, color: token("--surface"), weight: 0.5, fillColor: colours[shade], fillOpacity: 0.8,
    })
      .bindTooltip(`${number} 件`)
      .on("click", () => location.assign(config.rows.replace("CELL", index)))
      .addTo(map);
    bounds.extend([latitude, longitude]);
  }
  map.fitBounds(bounds, { padding: [24, 24], maxZoom: 13 });
  legend(document.querySelector("[data-heat-legend]"), limits);
  const few = cells.length < all.cells ? `，画出最多的 ${cells.length.toLocaleString("en")} 个` : "";
  note.textContent = `${all.cases.toLocaleString("en")} 件，${all.cells.toLocaleString("en")} 个网格${few}；点网格看案件`;
}

const trend = document.querySelector("[data-trend]");
if (trend) drawTrend(trend);
const form = document.querySelector("[data-filters]");
form?.addEventListener("change", () => form.requestSubmit());
drawPlaces(document.querySelector("[data-places]"))
  .catch((problem) => {
    document.querySelector("[data-places-note]").textContent = `地图数据没有取到：${problem.message}`;
  })
  .finally(() => {
    document.documentElement.dataset.ready = "statistics";
  });
