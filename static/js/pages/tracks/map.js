// The live map: the table of vehicles from the API, then frames from the socket; on reconnection, afresh.

import { drawGround } from "../../components/basemap.js";
import { getJson } from "../../lib/http.js";
import { grouped } from "../../lib/format.js";
import { makeMap, pageData } from "../../lib/map.js";
import { openSocket } from "../../lib/socket.js";
import { readAddress, writeAddress } from "./address.js";
import { Drawer } from "./drawer.js";
import { Filters } from "./filters.js";
import { readFrame } from "./frame.js";
import { VehicleLayer } from "./layer.js";
import { PlateSearch } from "./plates.js";
import { Vehicles } from "./vehicles.js";

const SILENT_MS = 3000; // a frame comes every second
const OLD_FEED_MS = 30_000; // positions come every second somewhere in a city
const PING_MS = 20_000;
const FLY_ZOOM = 15;
const MARGIN = 0.15; // of the view, asked for beyond its edges

const config = pageData("map-config");
const hook = (name) => document.querySelector(`[data-${name}]`);
const state = { ...readAddress(), table: null, view: 0, heard: performance.now(), frame: null, fly: false };
const map = makeMap(hook("map"), config);
const tooltip = hook("tooltip");
let layer = null;
let socket = null;
let written = 0;

const drawer = new Drawer(hook("drawer"), config.drawer, () => select(null));
const filters = new Filters(hook("filters"), state.filters, (chosen) => {
  state.filters = chosen;
  ask();
});
const search = new PlateSearch(hook("plate-search"), (id) => {
  state.fly = true;
  select(id);
});

/** Tell the server where to look; at most once in a tenth of a second. */
function ask() {
  remember();
  clearTimeout(ask.timer);
  ask.timer = setTimeout(() => {
    const bounds = map.getBounds().pad(MARGIN);
    state.view = (state.view + 1) % 65536;
    socket?.send({
      type: "view",
      view: state.view,
      box: [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()].map((value) => +value.toFixed(6)),
      filters: state.filters,
    });
  }, 80);
}

function remember() {
  clearTimeout(written);
  written = setTimeout(() => writeAddress({ ...state, map }), 300);
}

function select(id) {
  state.vehicle = id;
  if (id === null) drawer.close();
  else drawer.open(id);
  map.getContainer().classList.toggle("map-has-drawer", id !== null);
  layer?.select(id === null ? -1 : layer.vehicles.placeOf.get(id) ?? -1);
  socket?.send({ type: "follow", vehicle: id });
  remember();
}

async function readTable() {
  const table = await getJson(config.vehicles);
  state.table = table;
  filters.offer(table);
  search.offer(table);
  const vehicles = new Vehicles(table);
  if (layer) layer.use(vehicles);
  else layer = new VehicleLayer(map, vehicles, { onHover: hover, onPick: pick, byKind: state.byKind });
  layer.select(vehicles.placeOf.get(state.vehicle) ?? -1);
  hook("empty").hidden = table.id.length > 0;
  ask();
}

function hover(place, point) {
  tooltip.hidden = place < 0;
  map.getContainer().classList.toggle("is-over-vehicle", place >= 0);
  if (place < 0) return;
  const { vehicles } = layer;
  const word = config.states[vehicles.state[place]][1];
  const speed = vehicles.state[place] >= 2 ? ` ${vehicles.speed[place]} km/h` : "";
  tooltip.textContent = `${vehicles.table.plate[place]} · ${word}${speed}`;
  tooltip.style.transform = `translate(${point.x + 14}px, ${point.y + 10}px)`;
}

function pick(place) {
  if (place >= 0) select(layer.vehicles.table.id[place]);
  else if (state.vehicle) select(null);
}

function take(message) {
  if (message instanceof ArrayBuffer) return takeFrame(message);
  if (message.type === "counts") {
    filters.show(message);
    const { offline, stopped, moving, alarm } = message.states;
    hook("online").textContent = grouped(stopped + moving + alarm);
    hook("all").textContent = grouped(offline + stopped + moving + alarm);
  } else if (message.type === "vehicle") {
    drawer.show(message);
    if (state.fly && message.latitude_deg !== null) {
      map.setView([message.latitude_deg, message.longitude_deg], Math.max(map.getZoom(), FLY_ZOOM));
      state.fly = false;
    }
  } else if (message.type === "changed") {
    drawer.refresh(message);
  } else if (message.type === "registry") {
    readTable();
  } else if (message.type === "error") {
    console.warn("the map's socket refused a message", message);
  }
}

function takeFrame(buffer) {
  const frame = readFrame(buffer);
  state.heard = performance.now();
  state.frame = frame;
  if (frame.view !== state.view || !layer) return; // of a viewport that is no longer looked at
  if (layer.take(frame) && !(performance.now() - take.read < 10_000)) {
    take.read = performance.now();
    readTable();
  }
  hook("shown").textContent = grouped(layer.vehicles.count);
  hook("map").dataset.drawn = layer.vehicles.count;
  tellAge();
}

/** What the reader has to know about the age of what they see. */
function tellAge() {
  const sign = hook("age");
  const silent = performance.now() - state.heard;
  let text = "";
  if (!state.frame) text = silent > SILENT_MS ? `正在连接服务器… ${Math.floor(silent / 1000)} 秒` : "正在连接…";
  else if (silent > SILENT_MS) text = `数据已停更 ${Math.floor(silent / 1000)} 秒`;
  else if (!state.frame.fedAt) text = "尚未收到定位数据";
  else {
    const old = state.frame.now - state.frame.fedAt;
    if (!state.frame.fed || old > OLD_FEED_MS) text = `数据已停更 ${Math.max(0, Math.floor(old / 1000))} 秒`;
  }
  sign.textContent = text || "实时";
  sign.classList.toggle("is-stale", text !== "");
  hook("map").classList.toggle("is-stale", text.includes("停更"));
}

function listen() {
  hook("by-kind").checked = state.byKind;
  hook("legend").classList.toggle("by-kind", state.byKind);
  hook("by-kind").addEventListener("change", (event) => {
    state.byKind = event.target.checked;
    hook("legend").classList.toggle("by-kind", state.byKind);
    layer?.colourBy(state.byKind);
    remember();
  });
  map.on("moveend", ask);
  map.on("dragstart", () => {
    state.fly = false; // the reader has gone elsewhere
  });
  new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(hook("map"));
  setInterval(tellAge, 1000);
  setInterval(() => socket?.send({ type: "ping" }), PING_MS);
}

async function start() {
  listen();
  const ground = drawGround(map, config).catch((problem) => {
    console.error("the ground could not be drawn", problem);
    return null;
  });
  if (state.at) map.setView([state.at.latitude, state.at.longitude], state.at.zoom, { animate: false });
  const [boundsOf] = await Promise.all([ground, readTable()]);
  const codes = state.table.counties.map(([code]) => code);
  const bounds = boundsOf?.(codes.length === 1 ? codes : []); // a county's officer begins with their county
  if (!state.at && bounds) map.fitBounds(bounds, { animate: false });
  socket = openSocket(config.socket, {
    onMessage: take,
    onOpen: (again) => {
      if (again) readTable();
      else ask();
      if (state.vehicle) socket?.send({ type: "follow", vehicle: state.vehicle });
    },
    onState: (is) => {
      if (is === "closed") hook("age").textContent = "没有查看权限或登录已过期，请刷新页面";
    },
  });
  if (state.vehicle) {
    state.fly = !state.at;
    select(state.vehicle);
  }
  document.documentElement.dataset.ready = "map";
}

start();
