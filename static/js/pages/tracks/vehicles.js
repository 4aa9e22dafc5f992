// The vehicles of the open map as typed arrays, one place each; the table of the API gives the order.
// What a frame moved glides from where it was to where it is; nothing else is touched.

import { mercatorX, mercatorY } from "../../lib/map.js";

export const OFFLINE = 0;
export const STOPPED = 1;
export const MOVING = 2;
export const ALARM = 3;
export const MOVING_KMH = 5;
export const GLIDE_MS = 950;

export class Vehicles {
  constructor(table) {
    const size = table.id.length;
    this.table = table;
    this.size = size;
    this.placeOf = new Map(table.id.map((id, place) => [id, place]));
    this.x = new Float64Array(size);
    this.y = new Float64Array(size);
    this.fromX = new Float64Array(size);
    this.fromY = new Float64Array(size);
    this.since = new Float64Array(size);
    this.speed = new Uint8Array(size);
    this.bearing = new Uint8Array(size);
    this.state = new Uint8Array(size);
    this.shown = new Uint8Array(size);
    this.gliding = new Uint8Array(size);
    this.movers = [];
    this.count = 0;
  }

  /**
   * Take a frame; true when it names a vehicle that the table does not have. Who moved less than `least` (of the world's
   * width) is put there at once: under a pixel or two nobody sees a glide.
   */
  apply(frame, now, least) {
    const { box, full, ids, removed } = frame;
    const before = full ? this.shown.slice() : null;
    if (full) {
      this.shown.fill(0);
      this.settle();
    }
    const perX = (box.east - box.west) / 65535;
    const perY = (box.north - box.south) / 65535;
    let unknown = false;
    for (let i = 0; i < ids.length; i++) {
      const place = this.placeOf.get(ids[i]);
      if (place === undefined) {
        unknown = true;
        continue;
      }
      const x = mercatorX(box.west + frame.x[i] * perX);
      const y = mercatorY(box.south + frame.y[i] * perY);
      const was = full ? before[place] : this.shown[place];
      if (was && !full && Math.abs(x - this.x[place]) + Math.abs(y - this.y[place]) > least) {
        const [fromX, fromY] = this.at(place, now);
        this.fromX[place] = fromX;
        this.fromY[place] = fromY;
        this.since[place] = now;
        if (!this.gliding[place]) {
          this.gliding[place] = 1;
          this.movers.push(place);
        }
      }
      this.x[place] = x;
      this.y[place] = y;
      this.speed[place] = frame.speed[i];
      this.bearing[place] = frame.bearing[i];
      this.state[place] = frame.state[i];
      this.shown[place] = 1;
    }
    for (let i = 0; i < removed.length; i++) {
      const place = this.placeOf.get(removed[i]);
      if (place !== undefined) this.shown[place] = 0;
    }
    this.count = this.shown.reduce((sum, shown) => sum + shown, 0);
    return unknown;
  }

  /** Where a vehicle is drawn at a moment: on its way, or where it is. */
  at(place, now) {
    if (!this.gliding[place]) return [this.x[place], this.y[place]];
    const share = Math.min(1, (now - this.since[place]) / GLIDE_MS);
    return [
      this.fromX[place] + (this.x[place] - this.fromX[place]) * share,
      this.fromY[place] + (this.y[place] - this.fromY[place]) * share,
    ];
  }

  /** End the glides that are over; true when one ended. */
  arrive(now) {
    const before = this.movers.length;
    this.movers = this.movers.filter((place) => {
      const under = this.shown[place] && now - this.since[place] < GLIDE_MS;
      if (!under) this.gliding[place] = 0;
      return under;
    });
    return this.movers.length !== before;
  }

  /** End every glide at once. */
  settle() {
    for (const place of this.movers) this.gliding[place] = 0;
    this.movers = [];
  }

  /** The shown vehicle nearest to a point of the world within `reach`, or -1. */
  nearest(x, y, reach) {
    let best = -1;
    let least = reach * reach;
    for (let place = 0; place < this.size; place++) {
      if (!this.shown[place]) continue;
      const dx = this.x[place] - x;
      const dy = this.y[place] - y;
      const far = dx * dx + dy * dy;
      if (far < least) {
        least = far;
        best = place;
      }
    }
    return best;
  }
}
