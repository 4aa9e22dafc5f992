// What every office page has: keyboard, toasts, confirmations, the menu, and words for htmx's failures.

import { listen } from "../lib/keyboard.js";
import { armConfirm } from "./confirm.js";
import { keepDeadlines } from "./deadlines.js";
import { armToasts, toast } from "./toast.js";

armToasts();
armConfirm();
const shortcuts = document.querySelector("[data-shortcuts-dialog]");
listen({ onHelp: () => shortcuts?.showModal() });
document.querySelectorAll("[data-shortcuts]").forEach((button) => {
  button.addEventListener("click", () => shortcuts?.showModal());
});

// A menu closes when the officer looks elsewhere.
document.addEventListener("click", (event) => {
  document.querySelectorAll("details[data-menu][open]").forEach((menu) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") document.querySelectorAll("details[data-menu][open]").forEach((menu) => (menu.open = false));
});

// The server speaks through HX-Trigger: {"toast": {"text": "…", "kind": "success"}}.
document.addEventListener("toast", (event) => toast(event.detail.text, event.detail.kind));
document.addEventListener("htmx:responseError", (event) => {
  let message = "服务器没有完成这次操作，请稍后再试";
  try {
    message = JSON.parse(event.detail.xhr.responseText).message || message;
  } catch {
    // not one of our refusals: the general sentence stands
  }
  toast(message, "error");
});
document.addEventListener("htmx:sendError", () => toast("连接不上服务器，请检查网络；已填写的内容没有丢失", "error"));

// Times that are told relative to now stay true while the page is open.
keepDeadlines();
