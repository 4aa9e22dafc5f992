// Where the patrol is: told by this phone while this page is open and its officer has switched it on, and not otherwise.

import { clock } from "../../lib/format.js";
import { csrfToken } from "../../lib/http.js";

const EVERY_MS = 15_000;

const card = document.querySelector("[data-duty]");
const word = card?.querySelector("[data-place-word]");
let newest = null;
let sent = 0;
let busy = false;

function say(text, trouble = false) {
  if (!word) return;
  word.textContent = text;
  word.classList.toggle("phone-old", trouble);
}

async function send() {
  if (busy || !newest || newest.timestamp <= sent) return;
  busy = true;
  const { latitude, longitude, accuracy } = newest.coords;
  const at = newest.timestamp;
  const body = new URLSearchParams({ latitude, longitude, accuracy: accuracy ?? "", at: at / 1000 });
  try {
    const response = await fetch(card.dataset.place, {
      method: "POST", credentials: "same-origin", body,
      headers: { "X-CSRFToken": csrfToken(), Accept: "application/json" },
    });
    if (response.ok) {
      sent = at;
      say(`位置已上报 ${clock(new Date(at))}，精度 ${Math.round(accuracy)} m；关闭或下勤即删除。`);
    } else {
      const told = await response.json().catch(() => ({}));
      say(told.message ?? "位置没有上报，请刷新页面", true);
    }
  } catch {
    say("没有网络，位置稍后上报", true);
  } finally {
    busy = false;
  }
}

if (card?.dataset.sharing === "yes") {
  if (!navigator.geolocation || !isSecureContext) {
    say("本机浏览器不能定位（需要 HTTPS）", true);
  } else {
    navigator.geolocation.watchPosition(
      (position) => {
        const first = newest === null;
        newest = position;
        if (first) send();
      },
      (problem) => say(problem.code === problem.PERMISSION_DENIED ? "手机没有允许本页定位，请在浏览器设置中允许" : "暂时没有定位", true),
      { enableHighAccuracy: true, maximumAge: 10_000 },
    );
    setInterval(send, EVERY_MS);
    addEventListener("online", send);
  }
}
