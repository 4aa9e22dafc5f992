// One vehicle's day: the line on the map, the chart of its speed, and a player that moves through both.

import { drawGround } from "../../components/basemap.js";
import { clock, grouped } from "../../lib/format.js";
import { getJson } from "../../lib/http.js";
import { makeMap, pageData } from "../../lib/map.js";
import { SpeedChart } from "./track-chart.js";
import { TrackLayer } from "./track-layer.js";
import { Track } from "./track-model.js";
import { Player } from "./track-player.js";

const POINTS = ["正北", "东北", "正东", "东南", "正南", "西南", "正西", "西北"];
const config = pageData("track-config");
const hook = (name) => document.querySelector(`[data-${name}]`);
const figure = (group, name) => document.querySelector(`[data-${group}="${name}"]`);

function hours(seconds) {
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} 分` : `${Math.floor(minutes / 60)} 时 ${minutes % 60} 分`;
}

function tellTotals(track) {
  const totals = {
    distance: grouped(track.distance / 1000, 1),
    moving: hours(track.moving),
    fastest: grouped(track.fastest / 10, 1),
    points: grouped(track.size + track.bad),
    gaps: grouped(track.gaps),
    bad: grouped(track.bad),
  };
  for (const [name, text] of Object.entries(totals)) figure("total", name).textContent = text;
}

function listStops(track) {
  hook("stop-count").textContent = track.stops.length;
  const lines = track.stops.map((stop) => {
    const line = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.jump = stop.start;
    const icon = document.createElement("i");
    icon.className = "ti ti-parking";
    const when = document.createElement("span");
    when.textContent = `${clock(new Date(stop.start * 1000))}–${clock(new Date(stop.end * 1000))}`;
    const lasting = document.createElement("span");
    lasting.textContent = hours(stop.end - stop.start);
    button.append(icon, when, lasting);
    line.append(button);
    return line;
  });
  hook("stops").replaceChildren(...lines);
  if (!lines.length) {
    const none = document.createElement("li");
    none.className = "quiet";
    none.textContent = "没有 3 分钟以上的停车";
    hook("stops").append(none);
  }
}

function alarmText(bits) {
  const words = [];
  for (let bit = 0; bit < 32; bit++) if ((bits >>> bit) & 1) words.push(config.alarm_words[bit]);
  return words.filter(Boolean).join("、");
}

function play(map, track) {
  const slider = hook("slider");
  const layer = new TrackLayer(map, track, config.findings, (moment) => player.jump(moment));
  const chart = new SpeedChart(hook("chart"), hook("cursor"), track, config.findings, (moment) => player.jump(moment));
  const player = new Player(track, {
    show(moment, playing) {
      const { place, lost } = track.at(moment);
      layer.moveTo(moment);
      if (playing) layer.keepInSight(moment);
      chart.moveTo(moment);
      slider.value = moment;
      slider.setAttribute("aria-valuetext", clock(new Date(moment * 1000)));
      figure("now", "time").textContent = clock(new Date(moment * 1000));
      figure("now", "speed").textContent = lost ? "—" : (track.speed[place] / 10).toFixed(1);
      figure("now", "bearing").textContent = lost ? "无定位" : POINTS[Math.round(track.bearing[place] / 45) % 8];
      figure("now", "occupancy").textContent = lost ? "" : config.occupancy_words[track.occupancy[place]];
      figure("now", "alarm").textContent = alarmText(track.alarm[place]);
    },
    onState(playing) {
      hook("play").querySelector("i").className = `ti ti-player-${playing ? "pause" : "play"}`;
      hook("play").setAttribute("aria-label", playing ? "暂停" : "播放");
    },
  });
  slider.min = player.first;
  slider.max = player.last;
  slider.addEventListener("input", () => player.jump(Number(slider.value)));
  hook("play").addEventListener("click", () => player.toggle());
  hook("rate").addEventListener("change", (event) => {
    player.rate = Number(event.target.value);
  });
  document.addEventListener("click", (event) => {
    const jump = event.target.closest("[data-jump]");
    if (jump) player.jump(Number(jump.dataset.jump));
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("input:not([type=range]), select, textarea, dialog[open]")) return;
    if (event.key === " " && !event.target.closest("a, summary, button:not([data-play])")) {
      event.preventDefault();
      player.toggle();
    } else if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      event.preventDefault();
      player.step(event.key === "ArrowLeft" ? -1 : 1);
    }
  }, { capture: true });
  map.fitBounds(layer.bounds().pad(0.08), { animate: false, maxZoom: 15 });
  player.jump(player.first);
}

async function start() {
  hook("day").querySelector("input").addEventListener("change", (event) => {
    if (event.target.value) location.search = `?date=${event.target.value}`;
  });
  const map = makeMap(hook("map"), config);
  map.keyboard.disable(); // the arrows move through time here
  const ground = drawGround(map, config).catch((problem) => {
    console.error("the ground could not be drawn", problem);
    return null;
  });
  const track = new Track(await getJson(config.track), config.moving_dkmh);
  tellTotals(track);
  listStops(track);
  if (track.size) play(map, track);
  else {
    const bounds = (await ground)?.([]);
    if (bounds) map.fitBounds(bounds, { animate: false });
    hook("none").hidden = false;
    for (const control of document.querySelectorAll("[data-play], [data-rate], [data-slider]")) control.disabled = true;
  }
  document.documentElement.dataset.ready = "track";
}

start().catch((problem) => {
  console.error("the track could not be shown", problem);
  const none = hook("none");
  none.hidden = false;
  none.querySelector("strong").textContent = problem.message;
});
