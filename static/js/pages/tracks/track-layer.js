// Draws a track on the map: the line by speed, gaps dashed, stops, findings, and the vehicle at the cursor.

import { CanvasLayer, token } from "../../lib/map.js";

const L = window.L;
const BANDS = 5;

export class TrackLayer {
  /** `findings` are {start, end} in unix seconds; `onPick(moment)` when the line is clicked. */
  constructor(map, track, findings, onPick) {
    this.map = map;
    this.track = track;
    this.findings = findings;
    this.now = null;
    this.layer = new CanvasLayer(() => this.draw(), { canvases: 2 }).addTo(map);
    map.on("click", ({ latlng }) => {
      const place = this.nearest(map.project(latlng, this.layer.zoom));
      if (place >= 0) onPick(track.time[place]);
    });
  }

  pixel(place) {
    const { origin, scale } = this.layer;
    return [this.track.x[place] * scale - origin.x, this.track.y[place] * scale - origin.y];
  }

  nearest({ x, y }) {
    const { scale } = this.layer;
    let best = -1;
    let least = 15 ** 2;
    for (let i = 0; i < this.track.size; i++) {
      const far = (this.track.x[i] * scale - x) ** 2 + (this.track.y[i] * scale - y) ** 2;
      if (far < least) [best, least] = [i, far];
    }
    return best;
  }

  bounds() {
    const { latitude, longitude } = this.track;
    const bounds = L.latLngBounds([]);
    for (let i = 0; i < latitude.length; i++) bounds.extend([latitude[i], longitude[i]]);
    return bounds;
  }

  draw() {
    if (!this.layer?.contexts) return;
    const [context] = this.layer.contexts;
    context.clearRect(0, 0, this.layer.size.x, this.layer.size.y);
    context.lineJoin = context.lineCap = "round";
    const { lines, gaps } = this.paths();
    this.stroke(context, this.found(), token("--state-alarm"), 12, 0.35);
    context.setLineDash([6, 6]);
    this.stroke(context, gaps, token("--state-offline"), 2, 0.9);
    context.setLineDash([]);
    for (const line of lines) this.stroke(context, line, token("--surface"), 6, 0.9);
    lines.forEach((line, band) => this.stroke(context, line, token(`--speed-${band}`), 3.5, 1));
    for (const stop of this.track.stops) this.sign(context, stop.place, "停", token("--state-stopped"), 8);
    const last = this.track.size - 1;
    if (last >= 0) {
      this.sign(context, 0, "起", token("--state-moving"), 11);
      this.sign(context, last, "终", token("--ink"), 11);
    }
    this.drawCursor();
  }

  stroke(context, path, colour, width, alpha) {
    context.globalAlpha = alpha;
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke(path);
    context.globalAlpha = 1;
  }

  /** One path a speed band, and one of gaps; points nearer than a pixel to the last are passed over. */
  paths() {
    const { track } = this;
    const lines = Array.from({ length: BANDS }, () => new Path2D());
    const gaps = new Path2D();
    let [px, py] = track.size ? this.pixel(0) : [0, 0];
    let drawing = -1;
    for (let i = 1; i < track.size; i++) {
      const [x, y] = this.pixel(i);
      if (track.breaks[i]) {
        gaps.moveTo(px, py);
        gaps.lineTo(x, y);
        drawing = -1;
      } else {
        const band = track.band[i];
        const near = Math.abs(x - px) < 1 && Math.abs(y - py) < 1;
        if (near && band === drawing) continue;
        if (band !== drawing) lines[band].moveTo(px, py);
        lines[band].lineTo(x, y);
        drawing = band;
      }
      [px, py] = [x, y];
    }
    return { lines, gaps };
  }

  found() {
    const path = new Path2D();
    for (const { start, end } of this.findings) {
      const first = this.track.before(start);
      const last = Math.max(first, this.track.before(end));
      path.moveTo(...this.pixel(first));
      for (let i = first; i <= last; i++) path.lineTo(...this.pixel(i));
      if (first === last) path.lineTo(this.pixel(first)[0] + 0.1, this.pixel(first)[1]);
    }
    return path;
  }

  sign(context, place, word, colour, radius) {
    const [x, y] = this.pixel(place);
    context.beginPath();
    context.arc(x, y, radius, 0, Math.PI * 2);
    context.fillStyle = colour;
    context.strokeStyle = token("--surface");
    context.lineWidth = 2;
    context.fill();
    context.stroke();
    context.fillStyle = token("--surface");
    context.font = `${Math.round(radius * 1.15)}px ${token("--font-text")}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(word, x, y + 0.5);
  }

  /** The vehicle at a moment of the track. */
  moveTo(moment) {
    this.now = moment;
    this.drawCursor();
  }

  drawCursor() {
    const context = this.layer.contexts[1];
    context.clearRect(0, 0, this.layer.size.x, this.layer.size.y);
    if (this.now === null || !this.track.size) return;
    const { x, y, place, lost } = this.track.at(this.now);
    const { origin, scale } = this.layer;
    context.save();
    context.translate(x * scale - origin.x, y * scale - origin.y);
    context.rotate((this.track.bearing[place] / 180) * Math.PI);
    context.beginPath();
    context.moveTo(0, -13);
    context.lineTo(9, 10);
    context.lineTo(0, 5);
    context.lineTo(-9, 10);
    context.closePath();
    context.fillStyle = token(lost ? "--state-offline" : "--accent");
    context.strokeStyle = token("--surface");
    context.lineWidth = 2.5;
    context.stroke();
    context.fill();
    context.restore();
  }

  /** Keep the vehicle in sight while it plays. */
  keepInSight(moment) {
    const { x, y } = this.track.at(moment);
    const { scale } = this.layer;
    const place = this.map.unproject(L.point(x * scale, y * scale), this.layer.zoom);
    if (!this.map.getBounds().pad(-0.01).contains(place)) this.map.panTo(place, { animate: false });
  }
}
