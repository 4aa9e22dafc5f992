// Short messages in the corner. Bad news stays until it is dismissed; good news goes by itself.

const SHOWN_MS = 6000;

function arm(line) {
  line.querySelector("[data-dismiss]")?.addEventListener("click", () => line.remove());
  if (!line.classList.contains("toast-error")) setTimeout(() => line.remove(), SHOWN_MS);
}

/** Shows `text`; `kind` is success, info, warning or error. */
export function toast(text, kind = "info") {
  const line = document.createElement("div");
  line.className = `toast-line toast-${kind}`;
  line.setAttribute("role", kind === "error" ? "alert" : "status");
  const words = document.createElement("p");
  words.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.dataset.dismiss = "";
  close.setAttribute("aria-label", "关闭提示");
  close.textContent = "×";
  line.append(words, close);
  document.querySelector("[data-toasts]")?.append(line);
  arm(line);
}

export function armToasts() {
  document.querySelectorAll("[data-toasts] .toast-line").forEach(arm);
}
