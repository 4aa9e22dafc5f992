// The screening desk: one item after the other by keyboard. The next one is fetched ahead, so that an answer shows it at
// once; the answer itself goes to the server meanwhile. A refusal brings back what the server holds. Without this script
// every button is a form of its own.

import { csrfToken } from "../../lib/http.js";
import { toast } from "../../components/toast.js";
import { drawEvidence } from "../cases/evidence.js";

const desk = document.querySelector("[data-screening]");
const current = document.querySelector("[data-current]");
const queue = document.querySelector("[data-queue]");
const figures = document.querySelector("[data-figures]");
const nothing = document.querySelector("[data-empty]");
let ahead = null; // a promise of {pk, html}, or of null where nothing waits
let clear; // takes the map and the chart of the item on the screen down
let busy = false;
let goUntil = 0; // the letter behind g leads to another page
const GO_MS = 1200;

function itemNow() {
  return current.querySelector("[data-item]");
}

async function post(url, form) {
  const response = await fetch(url, {
    method: "POST",
    credentials: "same-origin",
    headers: { Accept: "application/json", "X-CSRFToken": csrfToken() },
    body: form,
  });
  const json = response.headers.get("content-type")?.includes("json") ? await response.json() : {};
  if (!response.ok) throw new Error(json.message ?? "服务器没有完成这次操作，请稍后再试");
  return json;
}

function fetchAhead() {
  const form = new FormData();
  form.set("shown", itemNow()?.dataset.item ?? "");
  ahead = post(desk.dataset.next, form).then((answer) => answer.next);
  ahead.catch(() => {}); // told when it is asked for
}

/** Puts an item's own HTML on the screen; null is an empty queue. */
function show(item) {
  clear?.();
  if (item) {
    const drawn = new DOMParser().parseFromString(item.html, "text/html");
    current.replaceChildren(...drawn.body.childNodes);
  } else {
    current.replaceChildren(nothing.content.cloneNode(true));
  }
  arm();
  for (const row of queue.querySelectorAll("[data-item]")) {
    row.classList.toggle("is-current", row.dataset.item === String(item?.pk));
  }
  current.querySelector("#item-title")?.focus({ preventScroll: true });
}

function arm() {
  const picture = current.querySelector("[data-strip] a");
  if (picture) look(picture);
  // After the frame: the words stand there before the map is drawn.
  requestAnimationFrame(() => requestAnimationFrame(() => (clear = drawEvidence())));
}

// --- pictures and clips -------------------------------------------------------------------------------------------
function look(link) {
  const stage = current.querySelector("[data-stage]");
  current.querySelectorAll("[data-strip] a").forEach((other) => other.removeAttribute("aria-current"));
  link.setAttribute("aria-current", "true");
  link.scrollIntoView({ block: "nearest", inline: "nearest" });
  const kind = link.dataset.kind;
  const shown = document.createElement(kind === "image" ? "img" : kind === "video" ? "video" : "audio");
  shown.src = link.href;
  if (kind === "image") shown.alt = link.querySelector("img").alt;
  else shown.controls = true;
  stage.replaceChildren(shown);
}

function step(by) {
  const links = [...current.querySelectorAll("[data-strip] a")];
  if (!links.length) return;
  const now = links.findIndex((link) => link.hasAttribute("aria-current"));
  look(links[Math.min(links.length - 1, Math.max(0, now + by))]);
}

function mark() {
  const form = current.querySelector("[data-answer]");
  if (!form) return;
  const link = current.querySelector("[data-strip] a[aria-current]");
  const clip = current.querySelector("[data-stage] video, [data-stage] audio");
  const track = current.querySelector("#case-track");
  const at = link ? link.dataset.at : track ? String(Math.round(JSON.parse(track.textContent).from)) : "";
  if (!link && !at) return toast("没有可以标记的影像或轨迹", "warning");
  form.querySelector("[data-marked-at]").value = at;
  form.querySelector("[data-marked-file]").value = link?.dataset.file ?? "";
  form.querySelector("[data-marked-offset]").value = clip ? Math.round(clip.currentTime * 1000) : "";
  const when = at ? new Date(at * 1000).toLocaleTimeString("zh-CN", { hour12: false }) : "";
  const words = link ? `已标记 ${when}${clip ? ` 片内 ${clip.currentTime.toFixed(1)} 秒` : ""}` : `已标记轨迹时刻 ${when}`;
  form.querySelector("[data-marked-words]").textContent = words;
  form.querySelector("[data-marked]").hidden = false;
}

// --- answers --------------------------------------------------------------------------------------------------------
async function answer(button) {
  if (busy) return;
  const form = button.form;
  const note = form.querySelector("[data-note]");
  if (button.value === "other" && !note.value.trim()) {
    note.focus();
    return toast("选择“其他”时请填写备注", "warning");
  }
  busy = true;
  const body = new FormData(form, button);
  const url = button.hasAttribute("formaction") ? button.formAction : form.action;
  try {
    const next = await ahead;
    body.set("shown", next?.pk ?? "");
    show(next);
    const said = await post(url, body);
    figures.innerHTML = said.figures;
    queue.innerHTML = said.queue;
    ahead = Promise.resolve(said.next);
    if (!next && said.next) {
      show(said.next);
      fetchAhead();
    }
  } catch (problem) {
    // Nobody knows what the server holds now: it says so itself, after the words could be read.
    toast(problem.message, "error");
    setTimeout(() => location.assign(location.pathname), 2500);
    return;
  }
  busy = false;
}

function verb(name) {
  current.querySelector(`[data-verb="${name}"]`)?.click();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-verb]");
  if (button) {
    event.preventDefault();
    return answer(button);
  }
  if (event.target.closest("[data-mark]")) return mark();
  const link = event.target.closest("[data-strip] a");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    look(link);
  }
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
  const reasons = current.querySelector("[data-reasons]");
  if (event.key === "Escape") {
    if (event.target.matches("[data-note]")) event.target.blur();
    else if (reasons) reasons.open = false;
    return;
  }
  if (event.key === "Enter" && event.target.matches("[data-note]")) {
    event.preventDefault(); // a note may belong to either answer
    return event.target.blur();
  }
  if (event.target.closest("input, textarea, select, dialog[open]")) return;
  if (Date.now() < goUntil) return (goUntil = 0);
  if (reasons?.open && /^[1-9]$/.test(event.key)) {
    event.preventDefault();
    return current.querySelector(`[data-reason="${event.key}"]`)?.click();
  }
  switch (event.key.toLowerCase()) {
    case "g": return (goUntil = Date.now() + GO_MS);
    case "enter":
      if (event.target.closest("a, button, summary")) return;
    // falls through
    case "y": event.preventDefault(); return verb("confirm");
    case "n":
      if (reasons) reasons.open = !reasons.open;
      return;
    case "s": return verb("skip");
    case "j": case "arrowright": case "arrowdown": event.preventDefault(); return step(1);
    case "k": case "arrowleft": case "arrowup": event.preventDefault(); return step(-1);
    case "m": return mark();
  }
});

// What the general list of keys does not know.
const help = document.querySelector("[data-shortcuts-dialog] dl");
for (const [keys, words] of [
  ["Enter / Y", "确认违规"], ["N 再按 1–9", "按原因排除"], ["S", "略过"], ["J K ← →", "下一张、上一张影像"], ["M", "标记时刻"],
]) {
  const term = document.createElement("dt");
  const key = document.createElement("kbd");
  key.textContent = keys;
  term.append(key);
  const meaning = document.createElement("dd");
  meaning.textContent = words;
  help?.append(term, meaning);
}

arm();
if (itemNow()) fetchAhead();
