// The drawer of one vehicle: the server's part of a page, with what moves filled in from the socket.

import { clock, ago, full } from "../../lib/format.js";

const POINTS = ["正北", "东北", "正东", "东南", "正南", "西南", "正西", "西北"];

export class Drawer {
  /** `address` ends in /0/drawer/, the 0 to be replaced; `onClose()` when the reader closes it. */
  constructor(root, address, onClose) {
    this.root = root;
    this.body = root.querySelector("[data-drawer-body]");
    this.address = address;
    this.vehicle = null;
    this.report = null;
    root.querySelector("[data-close]").addEventListener("click", onClose);
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.vehicle && !event.target.closest("input, dialog[open]")) onClose();
    });
    setInterval(() => this.age(), 1000);
  }

  async open(vehicle) {
    if (vehicle === this.vehicle) return;
    this.vehicle = vehicle;
    this.report = null;
    this.root.hidden = false;
    this.body.setAttribute("aria-busy", "true");
    await window.htmx.ajax("GET", this.address.replace("/0/", `/${vehicle}/`), { target: this.body, swap: "innerHTML" });
    this.body.removeAttribute("aria-busy");
    if (this.report) this.show(this.report);
  }

  close() {
    this.vehicle = null;
    this.root.hidden = true;
    this.body.replaceChildren();
  }

  /** Something else of the followed vehicle changed: that part of the drawer is asked for again. */
  refresh({ id, section }) {
    if (id !== this.vehicle) return;
    const part = this.body.querySelector(`[data-section="${section}"]`);
    if (part) return window.htmx.trigger(part, "refresh");
    // The vehicle had nothing for it until now: it comes behind the others.
    const address = this.address.replace("/0/drawer/", `/${id}/sections/${section}/`);
    window.htmx.ajax("GET", address, { target: this.body, swap: "beforeend" });
  }

  /** A report of the followed vehicle, as the socket tells it. */
  show(report) {
    if (report.id !== this.vehicle) return;
    this.report = report;
    const set = (name, text) => {
      const element = this.body.querySelector(`[data-live="${name}"]`);
      if (element) element.textContent = text;
    };
    const state = this.body.querySelector("[data-live-state]");
    if (state) {
      const word = { offline: "离线", stopped: "停车", moving: "行驶", alarm: "报警" }[report.state];
      state.className = `vehicle-state vehicle-state-${report.state}`;
      state.querySelector("span").textContent = word;
    }
    if (report.device_time) {
      const at = new Date(report.device_time * 1000);
      set("time", clock(at));
      this.body.querySelector('[data-live="time"]')?.setAttribute("title", full(at));
      set("speed", report.speed_kmh.toFixed(1));
      set("bearing", POINTS[Math.round(report.bearing_deg / 45) % 8]);
    }
    if (report.latitude_deg !== null) {
      set("place", `${report.longitude_deg.toFixed(5)}, ${report.latitude_deg.toFixed(5)}`);
    }
    set("alarms", report.alarms.join("、") || "无");
    this.body.querySelector('[data-live="alarms"]')?.classList.toggle("is-alarm", report.alarms.length > 0);
    set("statuses", report.statuses.join("、") || "—");
    this.age();
  }

  age() {
    const element = this.body.querySelector('[data-live="age"]');
    if (element && this.report?.received_at) element.textContent = ago(new Date(this.report.received_at * 1000));
  }
}
