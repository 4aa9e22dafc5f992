// The answer of a roadside check on a bad network: what is typed lies in localStorage and photos in IndexedDB until the
// server has them; the same attempt keeps its key, so that sending it twice records it once.

import { csrfToken } from "../../lib/http.js";

const RETRY_MS = 15_000;
const PATIENCE_MS = 60_000; // photos over a slow network take their time

const form = document.querySelector("[data-answer]");
if (form) arm(form);

function arm(form) {
  const name = `roadside-answer-${form.dataset.answer}`;
  const told = form.querySelector("[data-told]");
  const suspected = form.querySelector("[data-suspected]");
  const input = form.querySelector("[name=photos]");
  const button = form.querySelector("button");
  const kept = read(name);
  let photos = [];
  let sending = false;
  let pending = Boolean(kept?.pending);

  if (kept) {
    form.elements.key.value = kept.key;
    form.elements.note.value ||= kept.note;
    for (const field of ["found", "as_suspected"]) if (!form.elements[field].value) form.elements[field].value = kept[field];
  }

  function say(text) {
    told.hidden = !text;
    told.textContent = text;
  }

  function keep() {
    const { key, found, as_suspected: as, note } = form.elements;
    const draft = { key: key.value, found: found.value, as_suspected: as.value, note: note.value, pending };
    try {
      localStorage.setItem(name, JSON.stringify(draft));
    } catch {
      say("本机存储已满，请勿关闭本页");
    }
    suspected.hidden = found.value === "no";
  }

  function show() {
    form.querySelector("[data-photos]").textContent = photos.length ? `已选 ${photos.map((one) => one.name).join("、")}` : "";
  }

  async function send() {
    if (sending) return;
    sending = true;
    button.disabled = true;
    say("正在提交…");
    const body = new FormData(form);
    body.delete("photos");
    photos.forEach((one) => body.append("photos", one, one.name));
    let response = null;
    try {
      response = await fetch(form.action, {
        method: "POST", credentials: "same-origin", body, redirect: "manual", signal: AbortSignal.timeout(PATIENCE_MS),
        headers: { "X-CSRFToken": csrfToken(), Accept: "application/json" },
      });
    } catch {
      // no network, or too slow: the same attempt goes again later
    }
    sending = false;
    button.disabled = false;
    await heard(response);
  }

  async function heard(response) {
    pending = !response || response.status >= 500;
    keep();
    if (pending) return say("没有网络，已暂存在本机，联网后自动提交");
    if (response.ok) {
      localStorage.removeItem(name);
      await storePhotos(name, null);
      return location.reload();
    }
    if (response.type === "opaqueredirect" || response.status === 401) return say("登录已失效，填写内容已保存，请重新登录后提交");
    const answer = await response.json().catch(() => ({}));
    say(answer.message ?? "没有提交成功，请刷新页面后重试");
  }

  form.addEventListener("input", keep);
  form.addEventListener("change", keep);
  input.addEventListener("change", async () => {
    photos = [...input.files];
    show();
    await storePhotos(name, photos);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  const again = () => pending && send();
  addEventListener("online", again);
  setInterval(again, RETRY_MS);
  keep();
  loadPhotos(name).then((found) => {
    if (!photos.length) photos = found;
    show();
    again();
  });
}

function read(name) {
  try {
    return JSON.parse(localStorage.getItem(name));
  } catch {
    return null;
  }
}

/** The store of photos on this phone; null where the browser gives none (private windows). */
function photoStore(mode) {
  return new Promise((resolve) => {
    const asked = globalThis.indexedDB?.open("roadside", 1);
    if (!asked) return resolve(null);
    asked.onupgradeneeded = () => asked.result.createObjectStore("photos");
    asked.onerror = () => resolve(null);
    asked.onsuccess = () => resolve(asked.result.transaction("photos", mode).objectStore("photos"));
  });
}

async function storePhotos(name, photos) {
  const store = await photoStore("readwrite");
  if (!store) return;
  await new Promise((resolve) => {
    const asked = photos?.length ? store.put(photos, name) : store.delete(name);
    asked.onsuccess = asked.onerror = () => resolve();
  });
}

async function loadPhotos(name) {
  const store = await photoStore("readonly");
  if (!store) return [];
  return new Promise((resolve) => {
    const asked = store.get(name);
    asked.onsuccess = () => resolve(asked.result ?? []);
    asked.onerror = () => resolve([]);
  });
}
