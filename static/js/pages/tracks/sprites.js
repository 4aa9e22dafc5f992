// The signs of vehicles, drawn once and stamped thousands of times. Shape by state, so that colour is never alone:
// an arrow moves, a square stands, a hollow ring is offline, a red ring with a mark is an alarm.

import { token } from "../../lib/map.js";
import { ALARM, MOVING, MOVING_KMH, OFFLINE } from "./vehicles.js";

const TURNS = 32;
const COLUMNS = 32;
const FORMS = TURNS + 2; // arrows, square, hollow
const SQUARE = TURNS;
const HOLLOW = TURNS + 1;

/** How large a sign is at a zoom, in pixels. */
export function signSize(zoom) {
  if (zoom < 10) return 5;
  if (zoom < 11.5) return 7;
  if (zoom < 13) return 9;
  return zoom < 15 ? 12 : 15;
}

export function kindColours(kinds) {
  return kinds.map(([code]) => token(`--kind-${code.replace("_", "-")}`) || token("--state-stopped"));
}

export class Sprites {
  /** `kinds` as in the table; `byKind`: moving and standing vehicles in their kind's colour, else in their state's. */
  constructor(kinds, size, byKind) {
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    this.size = size;
    this.byKind = byKind;
    this.reach = Math.ceil(size * 0.75) + 3; // half a cell, rings and all
    this.cell = this.reach * 2 * ratio;
    this.ratio = ratio;
    this.ready = new Uint8Array((kinds.length + 1) * 2 * FORMS);
    this.atlas = document.createElement("canvas");
    this.atlas.width = COLUMNS * this.cell;
    this.atlas.height = Math.ceil(this.ready.length / COLUMNS) * this.cell;
    this.context = this.atlas.getContext("2d");
    this.colours = kindColours(kinds);
    this.moving = token("--state-moving");
    this.standing = token("--state-stopped");
    this.offline = token("--state-offline");
    this.alarm = token("--state-alarm");
    this.halo = token("--surface");
  }

  /** Stamp a vehicle's sign on `context` around a pixel. */
  stamp(context, x, y, kind, state, speed, bearing) {
    const alarm = state === ALARM ? 1 : 0;
    const moves = state === MOVING || (alarm && speed >= MOVING_KMH);
    const form = state === OFFLINE ? HOLLOW : moves ? ((bearing + 4) >> 3) % TURNS : SQUARE;
    const index = ((kind + 1) * 2 + alarm) * FORMS + form;
    if (!this.ready[index]) this.make(index, kind, alarm, form);
    const { cell, reach } = this;
    context.drawImage(
      this.atlas,
      (index % COLUMNS) * cell, Math.floor(index / COLUMNS) * cell, cell, cell,
      Math.round(x) - reach, Math.round(y) - reach, reach * 2, reach * 2,
    );
  }

  colourOf(kind, alarm, form) {
    if (form === HOLLOW) return this.offline;
    if (this.byKind) return this.colours[kind];
    if (alarm) return this.alarm;
    return form === SQUARE ? this.standing : this.moving;
  }

  make(index, kind, alarm, form) {
    const { context, reach, size, ratio } = this;
    const colour = this.colourOf(kind, alarm, form);
    context.save();
    context.scale(ratio, ratio);
    context.translate((index % COLUMNS) * reach * 2 + reach, Math.floor(index / COLUMNS) * reach * 2 + reach);
    context.lineJoin = "round";
    if (alarm) {
      context.strokeStyle = this.alarm;
      context.lineWidth = size > 8 ? 2 : 1.5;
      context.beginPath();
      context.arc(0, 0, reach - 1.5, 0, Math.PI * 2);
      context.stroke();
    }
    const half = size / 2;
    context.fillStyle = colour;
    context.strokeStyle = this.halo;
    context.lineWidth = 1;
    context.beginPath();
    if (form === HOLLOW) {
      context.strokeStyle = colour;
      context.fillStyle = this.halo;
      context.lineWidth = size > 8 ? 1.5 : 1;
      context.arc(0, 0, half * 0.65, 0, Math.PI * 2);
    } else if (form === SQUARE) {
      context.rect(-half * 0.7, -half * 0.7, half * 1.4, half * 1.4);
    } else {
      context.rotate((form / TURNS) * Math.PI * 2);
      context.moveTo(0, -half * 1.25);
      context.lineTo(half * 0.85, half);
      context.lineTo(0, half * 0.5);
      context.lineTo(-half * 0.85, half);
      context.closePath();
    }
    if (form === HOLLOW || size > 6) context.stroke();
    context.fill();
    if (form === HOLLOW) context.stroke();
    context.restore();
    this.ready[index] = 1;
  }
}
