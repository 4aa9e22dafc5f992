// The day's speed as a chart; a click on it is a moment, the cursor is the player's.

import { clock } from "../../lib/format.js";
import { token } from "../../lib/map.js";
import { GAP_S } from "./track-model.js";

const INSET = { left: 44, right: 12, top: 12, bottom: 24 };

export class SpeedChart {
  constructor(element, cursor, track, findings, onPick) {
    this.cursor = cursor;
    this.chart = window.echarts.init(element, null, { renderer: "canvas" });
    this.chart.setOption({
      animation: false,
      grid: INSET,
      textStyle: { fontFamily: token("--font-text") },
      tooltip: {
        trigger: "axis",
        axisPointer: { type: "line" },
        formatter: ([point]) => (point ? `${clock(new Date(point.value[0]))}　${point.value[1] ?? "—"} km/h` : ""),
      },
      xAxis: {
        type: "time",
        min: track.time[0] * 1000,
        max: track.time[track.size - 1] * 1000,
        axisLabel: { formatter: (value) => clock(new Date(value)).slice(0, 5), color: token("--ink-3"), hideOverlap: true },
        axisLine: { lineStyle: { color: token("--line-strong") } },
      },
      yAxis: {
        type: "value",
        name: "km/h",
        nameGap: -8,
        nameTextStyle: { align: "left", color: token("--ink-3"), padding: [0, 0, 0, 10] },
        min: 0,
        axisLabel: { color: token("--ink-3") },
        splitLine: { lineStyle: { color: token("--line") } },
      },
      series: [
        {
          type: "line",
          data: points(track),
          sampling: "lttb",
          showSymbol: false,
          lineStyle: { width: 1.2, color: token("--accent") },
          areaStyle: { color: token("--accent-soft") },
          markArea: { silent: true, itemStyle: { color: token("--soft-alarm") }, data: findings.map(area) },
        },
      ],
    });
    this.chart.getZr().on("click", ({ offsetX }) => {
      const moment = this.chart.convertFromPixel({ xAxisIndex: 0 }, offsetX) / 1000;
      if (Number.isFinite(moment)) onPick(moment);
    });
    new ResizeObserver(() => {
      this.chart.resize();
      this.moveTo(this.moment);
    }).observe(element);
  }

  moveTo(moment) {
    this.moment = moment;
    if (moment === undefined) return;
    const x = this.chart.convertToPixel({ xAxisIndex: 0 }, moment * 1000);
    this.cursor.hidden = !Number.isFinite(x);
    this.cursor.style.transform = `translateX(${x}px)`;
  }
}

function points(track) {
  const rows = [];
  for (let i = 0; i < track.size; i++) {
    if (track.breaks[i]) rows.push([(track.time[i - 1] + GAP_S) * 1000, null]);
    rows.push([track.time[i] * 1000, track.speed[i] / 10]);
  }
  return rows;
}

function area({ title, start, end }) {
  return [{ xAxis: start * 1000, name: title, label: { show: false } }, { xAxis: Math.max(end, start + 30) * 1000 }];
}
