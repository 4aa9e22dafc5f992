// Calls that ring at this operator's desk pop up on every page. `call:ringing` and `call:changed` are dispatched on
// document with {id, state, number, url}, so that a page (the console) can act on them without a socket of its own.

import { getJson } from "../lib/http.js";
import { openSocket } from "../lib/socket.js";

const RINGS_MS = 120_000; // a call that rings longer has lost its end

const place = document.querySelector("[data-call-popups]");
const model = place.querySelector("[data-call-popup]");
const shown = new Map(); // id → {element, state, timer}

function say(name, call) {
  document.dispatchEvent(new CustomEvent(name, { detail: { id: call.id, state: call.state, number: call.number, url: call.url } }));
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

openSocket("/ws/calls/", {
  onMessage(message) {
    if (message.type === "call") told(message.call);
  },
  onOpen: ask, // also what rang while nobody was connected
});
