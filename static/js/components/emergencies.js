// Emergency calls on every page of the office: a red bar while one rings, and its sound, wherever the officer is.
// The socket says that something changed; what rings is asked from the server, and now and then without being told.

import { getJson } from "../lib/http.js";
import { openSocket } from "../lib/socket.js";
import { armSiren, ring } from "./siren.js";

const ASK_EVERY_MS = 20_000;
const AMBER_S = 0;
const RED_S = 30;

const bar = document.querySelector("[data-emergency-bar]");
const aloud = bar.dataset.aloud === "yes";
let ahead = 0; // the server's clock against ours
let asked = 0;

/** 8 秒, 1 分 05 秒, 2 小时 03 分 */
export function lasted(seconds) {
  if (seconds < 60) return `${seconds} 秒`;
  const two = (value) => String(value).padStart(2, "0");
  if (seconds < 3600) return `${Math.floor(seconds / 60)} 分 ${two(seconds % 60)} 秒`;
  return `${Math.floor(seconds / 3600)} 小时 ${two(Math.floor((seconds % 3600) / 60))} 分`;
}

function tick() {
  document.querySelectorAll("[data-clock]").forEach((clock) => {
    const seconds = Math.max(0, Math.floor((Date.now() + ahead - new Date(clock.dateTime)) / 1000));
    clock.textContent = lasted(seconds);
    clock.classList.toggle("is-amber", seconds >= AMBER_S && seconds < RED_S);
    clock.classList.toggle("is-red", seconds >= RED_S);
  });
  document.querySelectorAll("[data-late]").forEach((element) => (element.textContent = lasted(Number(element.dataset.late))));
}

function show(calls) {
  bar.hidden = !calls.length;
  ring(aloud && calls.length > 0);
  if (!calls.length) return;
  const [first] = calls;
  const link = bar.querySelector("[data-emergency-first]");
  link.href = first.url;
  bar.querySelector("[data-emergency-plate]").textContent = first.plate;
  bar.querySelector("[data-emergency-company]").textContent = first.company;
  bar.querySelector("[data-emergency-late]").hidden = !first.late_s;
  bar.querySelector("[data-clock]").dateTime = first.raised_at;
  const more = bar.querySelector("[data-emergency-more]");
  more.hidden = calls.length < 2;
  more.textContent = `另有 ${calls.length - 1} 条`;
  tick();
}

async function ask() {
  const mine = ++asked;
  try {
    const told = await getJson(bar.dataset.source);
    if (mine !== asked) return; // a later answer is already there
    ahead = new Date(told.now) - Date.now();
    show(told.calls);
  } catch (problem) {
    console.warn("emergency calls could not be asked for", problem);
  }
}

armSiren();
openSocket("/ws/emergencies/", {
  onMessage(message) {
    if (message.type !== "emergency") return;
    if (message.call.state) ask();
    document.dispatchEvent(new CustomEvent("emergency", { detail: message.call }));
  },
  onOpen() {
    ask(); // also what happened while nobody was connected
    document.dispatchEvent(new CustomEvent("emergency", { detail: { id: 0, state: "unknown" } }));
  },
  onState: (state) => document.dispatchEvent(new CustomEvent("emergency-connection", { detail: state })),
});
setInterval(ask, ASK_EVERY_MS);
setInterval(tick, 1000);
document.addEventListener("emergency-acted", ask);
document.addEventListener("htmx:afterSwap", tick);
tick();
