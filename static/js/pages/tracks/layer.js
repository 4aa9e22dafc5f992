// Draws the vehicles: what rests on one canvas, once a frame; what glides on another, as long as it glides.

import { CanvasLayer, calm, mercatorX, mercatorY, token } from "../../lib/map.js";
import { Sprites, signSize } from "./sprites.js";
import { ALARM, GLIDE_MS, MOVING, OFFLINE, STOPPED } from "./vehicles.js";

const L = window.L;
const ORDER = [OFFLINE, STOPPED, MOVING, ALARM];
const PLATES_FROM = 15;
const MOST_PLATES = 250;
const REACH_PX = 12;
const SEEN_PX = 1.5; // a shorter way is no glide to the eye
const GLIDE_STEP_MS = 30;

export class VehicleLayer {
  /** `onHover(place, pixel)` and `onPick(place)` get a place in `vehicles`, -1 for nothing. */
  constructor(map, vehicles, { onHover, onPick, byKind = false }) {
    this.map = map;
    this.vehicles = vehicles;
    this.byKind = byKind;
    this.selected = -1;
    this.asked = 0;
    this.layer = new CanvasLayer(() => this.draw(), { canvases: 2 }).addTo(map);
    this.pointer = null;
    map.on("mousemove", (event) => {
      if (!this.pointer) requestAnimationFrame(() => {
        const { containerPoint, latlng } = this.pointer;
        this.pointer = null;
        onHover(this.under(latlng), containerPoint);
      });
      this.pointer = event;
    });
    map.on("mouseout movestart zoomstart", () => onHover(-1));
    map.on("click", (event) => onPick(this.under(event.latlng)));
  }

  /** Other vehicles (the table was read again). */
  use(vehicles) {
    this.vehicles = vehicles;
    this.sprites = null;
    this.draw();
  }

  colourBy(kind) {
    this.byKind = kind;
    this.sprites = null;
    this.draw();
  }

  /** Take a frame and show it; true when it names vehicles that are not in the table. */
  take(frame) {
    const now = performance.now();
    this.vehicles.arrive(now);
    const still = calm() || document.hidden;
    const unknown = this.vehicles.apply(frame, now, still ? Infinity : SEEN_PX / this.layer.scale);
    this.draw();
    return unknown;
  }

  select(place) {
    this.selected = place;
    this.drawMovers(performance.now());
  }

  under({ lat, lng }) {
    return this.vehicles.nearest(mercatorX(lng), mercatorY(lat), REACH_PX / this.layer.scale);
  }

  draw() {
    const { layer, vehicles } = this;
    if (!layer?.contexts) return;
    const size = signSize(layer.zoom);
    if (this.sprites?.size !== size || !this.sprites) {
      this.sprites = new Sprites(vehicles.table.kinds, size, this.byKind);
    }
    const [context] = layer.contexts;
    context.clearRect(0, 0, layer.size.x, layer.size.y);
    for (const state of ORDER) this.drawState(context, state);
    if (layer.zoom >= PLATES_FROM) this.drawPlates(context);
    this.drawMovers(performance.now());
  }

  drawState(context, state) {
    const { layer, sprites } = this;
    const { x, y, shown, gliding, speed, bearing, state: states, size, table } = this.vehicles;
    const { scale } = layer;
    const { x: left, y: top } = layer.origin;
    const { x: width, y: height } = layer.size;
    for (let place = 0; place < size; place++) {
      if (!shown[place] || gliding[place] || states[place] !== state) continue;
      const px = x[place] * scale - left;
      const py = y[place] * scale - top;
      if (px < -20 || py < -20 || px > width + 20 || py > height + 20) continue;
      sprites.stamp(context, px, py, table.kind[place], state, speed[place], bearing[place]);
    }
  }

  drawPlates(context) {
    const { layer, vehicles } = this;
    const visible = [];
    for (let place = 0; place < vehicles.size && visible.length <= MOST_PLATES; place++) {
      if (!vehicles.shown[place] || vehicles.gliding[place]) continue;
      const px = vehicles.x[place] * layer.scale - layer.origin.x;
      const py = vehicles.y[place] * layer.scale - layer.origin.y;
      if (px > 0 && py > 0 && px < layer.size.x && py < layer.size.y) visible.push([place, px, py]);
    }
    if (visible.length > MOST_PLATES) return;
    context.font = `12px ${token("--font-text")}`;
    context.lineWidth = 3;
    context.strokeStyle = token("--surface");
    context.fillStyle = token("--ink");
    const taken = new Set();
    for (const [place, px, py] of visible) {
      const row = Math.floor(py / 16);
      const column = Math.floor(px / 40);
      const cells = [-1, 0, 1].flatMap((step) => [`${row},${column + step}`, `${row + 1},${column + step}`]);
      if (cells.some((cell) => taken.has(cell))) continue; // no plate over another
      for (const cell of cells) taken.add(cell);
      const text = vehicles.table.plate[place];
      context.strokeText(text, px + 12, py + 4);
      context.fillText(text, px + 12, py + 4);
    }
  }

  drawMovers(now) {
    const { layer, vehicles, sprites } = this;
    if (!layer?.contexts || !sprites) return;
    const context = layer.contexts[1];
    context.clearRect(0, 0, layer.size.x, layer.size.y);
    const { scale } = layer;
    const { x: left, y: top } = layer.origin;
    const { table, speed, bearing, state, shown } = vehicles;
    let under = false;
    for (const place of vehicles.movers) {
      if (!shown[place]) continue;
      under ||= now - vehicles.since[place] < GLIDE_MS;
      const [x, y] = vehicles.at(place, now);
      sprites.stamp(context, x * scale - left, y * scale - top, table.kind[place], state[place], speed[place], bearing[place]);
    }
    if (this.selected >= 0 && shown[this.selected]) {
      const [x, y] = vehicles.at(this.selected, now);
      context.strokeStyle = token("--accent");
      context.lineWidth = 3;
      context.beginPath();
      context.arc(x * scale - left, y * scale - top, sprites.reach + 4, 0, Math.PI * 2);
      context.stroke();
    }
    if (under && !this.asked) this.glideOn(now);
  }

  /** Draw what glides again after a step of time. */
  glideOn(drawn) {
    this.asked = requestAnimationFrame((time) => {
      this.asked = 0;
      if (time - drawn < GLIDE_STEP_MS) this.glideOn(drawn);
      else this.drawMovers(performance.now());
    });
  }

  /** Where a vehicle is, as Leaflet has places. */
  placeOf(place) {
    const { scale } = this.layer;
    const point = L.point(this.vehicles.x[place] * scale, this.vehicles.y[place] * scale);
    return this.map.unproject(point, this.layer.zoom);
  }
}
