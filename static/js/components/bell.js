// The bell of every office page: how much is unread. The socket says that something came; the count is asked for.

import { getJson } from "../lib/http.js";
import { openSocket } from "../lib/socket.js";
import { toast } from "./toast.js";

const GATHER_MS = 150; // a burst of notices is one question
const AT_MOST_EVERY_MS = 1000;

const bell = document.querySelector("[data-bell]");
const count = bell.querySelector("[data-bell-count]");
const words = bell.querySelector("[data-bell-words]");
let timer = 0;
let last = 0;
let asked = 0;

function show(told) {
  count.textContent = told.shown;
  count.hidden = !told.count;
  bell.classList.toggle("has-unread", told.count > 0);
  const text = told.count ? `通知，${told.shown} 条未读` : "通知，没有未读";
  words.textContent = text;
  bell.title = text;
}

async function ask() {
  timer = 0;
  last = Date.now();
  const mine = ++asked;
  try {
    const told = await getJson(bell.dataset.source);
    if (mine === asked) show(told);
  } catch (problem) {
    console.warn("unread notices could not be counted", problem);
  }
}

function later() {
  if (!timer) timer = setTimeout(ask, Math.max(GATHER_MS, last + AT_MOST_EVERY_MS - Date.now()));
}

openSocket("/ws/notices/", {
  onMessage(message) {
    if (message.type === "notice" && message.notice.urgent) toast(message.notice.title, "warning");
    later();
    document.dispatchEvent(new CustomEvent("notices-changed", { detail: message }));
  },
  onOpen() {
    later(); // also what came while nobody was connected, or between the page and its socket
    document.dispatchEvent(new CustomEvent("notices-changed"));
  },
});
document.addEventListener("notices-read", later);
