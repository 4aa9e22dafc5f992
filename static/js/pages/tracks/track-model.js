// One vehicle's day as typed arrays, and what can be read off it: gaps, stops, distance, where it was at a moment.

import { mercatorX, mercatorY } from "../../lib/map.js";

export const GAP_S = 300;
const STOP_S = 180;
const EARTH_M = 6_371_008.8;
export const SPEED_BANDS_DKMH = [50, 400, 800, 1000]; // below 5, 40, 80, 100 km/h, and above

export class Track {
  /** `columns` as the API gives them; points without a valid fix are kept out of the line but counted. */
  constructor(columns, movingDkmh) {
    const keep = [];
    for (let i = 0; i < columns.count; i++) if (columns.qualified[i]) keep.push(i);
    const take = (name, type) => type.from(keep, (i) => columns[name][i]);
    this.size = keep.length;
    this.bad = columns.count - keep.length;
    this.time = take("time", Float64Array);
    this.longitude = Float64Array.from(keep, (i) => columns.longitude_e6[i] / 1e6);
    this.latitude = Float64Array.from(keep, (i) => columns.latitude_e6[i] / 1e6);
    this.speed = take("speed_dkmh", Uint16Array);
    this.bearing = take("bearing_deg", Uint16Array);
    this.alarm = take("alarm", Uint32Array);
    this.occupancy = take("occupancy", Uint8Array);
    this.x = this.longitude.map(mercatorX);
    this.y = this.latitude.map(mercatorY);
    this.band = Uint8Array.from(this.speed, (speed) => SPEED_BANDS_DKMH.filter((limit) => speed >= limit).length);
    this.breaks = new Uint8Array(this.size); // 1: a gap lies before this point
    for (let i = 1; i < this.size; i++) this.breaks[i] = this.time[i] - this.time[i - 1] > GAP_S ? 1 : 0;
    this.measure(movingDkmh);
  }

  measure(movingDkmh) {
    this.distance = 0;
    this.moving = 0;
    this.fastest = 0;
    this.gaps = 0;
    this.stops = [];
    let stop = null;
    const end = () => {
      if (stop && stop.end - stop.start >= STOP_S) this.stops.push(stop);
      stop = null;
    };
    for (let i = 0; i < this.size; i++) {
      this.fastest = Math.max(this.fastest, this.speed[i]);
      const apart = i > 0 && this.breaks[i];
      if (apart) {
        this.gaps += 1;
        end();
      } else if (i > 0) {
        this.distance += metres(this.latitude, this.longitude, i - 1, i);
        if (this.speed[i - 1] >= movingDkmh) this.moving += this.time[i] - this.time[i - 1];
      }
      if (this.speed[i] >= movingDkmh) end();
      else if (stop) stop.end = this.time[i];
      else stop = { place: i, start: this.time[i], end: this.time[i] };
    }
    end();
  }

  /** The last point at or before a moment; 0 before the first. */
  before(moment) {
    let low = 0;
    let high = this.size - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.time[middle] <= moment) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Where it was at a moment: between two points, or waiting at the last one before a gap. */
  at(moment) {
    const i = this.before(moment);
    const next = i + 1;
    const still = next >= this.size || this.breaks[next] || moment <= this.time[i];
    const share = still ? 0 : (moment - this.time[i]) / (this.time[next] - this.time[i]);
    return {
      place: i,
      x: this.x[i] + (still ? 0 : (this.x[next] - this.x[i]) * share),
      y: this.y[i] + (still ? 0 : (this.y[next] - this.y[i]) * share),
      lost: next < this.size && this.breaks[next] === 1 && moment > this.time[i] + GAP_S,
    };
  }
}

function metres(latitude, longitude, a, b) {
  const toRadians = Math.PI / 180;
  const up = (latitude[b] - latitude[a]) * toRadians;
  const across = (longitude[b] - longitude[a]) * toRadians * Math.cos(((latitude[a] + latitude[b]) / 2) * toRadians);
  return EARTH_M * Math.hypot(up, across);
}
