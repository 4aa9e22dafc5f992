// Calls that ring at this operator's desk pop up on every page, with what is known of the caller; Alt J opens the order.
// `call:ringing` and `call:changed` are dispatched on document with {id, state, number, whole, url}, so that a page (the
// console) can act on them without a socket of its own. `whole` false: the number is masked, and nothing to be kept.

import { getJson } from "../lib/http.js";
import { openSocket } from "../lib/socket.js";

const RINGS_MS = 120_000; // a call that rings longer has lost its end

const place = document.querySelector("[data-call-popups]");
const model = place.querySelector("[data-call-popup]");
const shown = new Map(); // id → {element, state, timer}

function say(name, call) {
  const { id, state, number, whole, url } = call;
  document.dispatchEvent(new CustomEvent(name, { detail: { id, state, number, whole, url } }));
}

function remove(id) {
  const popup = shown.get(id);
  if (!popup) return;
  clearTimeout(popup.timer);
  popup.element.remove();
  shown.delete(id);
}

function draw(call) {
  const popup = shown.get(call.id) ?? { element: model.content.firstElementChild.cloneNode(true) };
  clearTimeout(popup.timer);
  const state = popup.element.querySelector("[data-call-state]");
  const number = popup.element.querySelector("[data-call-number]");
  state.textContent = state.dataset[call.state];
  number.textContent = call.number || number.dataset.hidden;
  popup.element.classList.toggle("is-answered", call.state === "answered");
  popup.element.querySelector("[data-call-open]").href = call.url;
  popup.element.querySelector("[data-call-away]").onclick = () => remove(call.id);
  popup.state = call.state;
  if (call.state === "ringing") popup.timer = setTimeout(() => remove(call.id), RINGS_MS);
  if (!shown.has(call.id)) place.append(popup.element);
  if (call.history && popup.history !== call.history) {
    popup.history = call.history;
    const show = () => window.htmx.ajax("GET", call.history, { target: popup.element.querySelector("[data-call-caller]"), swap: "innerHTML" });
    if (window.htmx) show();
    else document.addEventListener("DOMContentLoaded", show, { once: true }); // a call may be faster than the page
  }
  shown.set(call.id, popup);
}

function told(call) {
  const before = shown.get(call.id)?.state;
  if (!call.mine || call.state === "missed" || call.state === "ended") {
    remove(call.id);
    if (call.mine) say("call:changed", call);
    return;
  }
  draw(call);
  if (call.state === "ringing" && before !== "ringing") say("call:ringing", call);
  else if (call.state !== before) say("call:changed", call);
}

async function ask() {
  try {
    const { calls } = await getJson(place.dataset.source);
    const ringing = new Set(calls.map((call) => call.id));
    for (const [id, popup] of shown) if (popup.state === "ringing" && !ringing.has(id)) remove(id);
    calls.forEach(told);
  } catch (problem) {
    console.warn("ringing calls could not be asked for", problem);
  }
}

document.addEventListener("keydown", (event) => {
  if (event.code !== "KeyJ" || !event.altKey || event.ctrlKey || event.metaKey || event.isComposing) return;
  // The one that is spoken with, else the one that rings longest.
  const popups = [...shown.values()];
  const popup = popups.find(({ state }) => state === "answered") ?? popups[0];
  if (!popup) return;
  event.preventDefault();
  popup.element.querySelector("[data-call-open]").click();
});

openSocket("/ws/calls/", {
  onMessage(message) {
    if (message.type === "call") told(message.call);
  },
  onOpen: ask, // also what rang while nobody was connected
});
