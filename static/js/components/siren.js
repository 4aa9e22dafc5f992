// The sound of an emergency: two tones in turn until somebody takes the call. Made here; there is no file to load.
// Browsers keep a page silent until its reader has clicked or typed once in it: until then the button says so.

const HIGH_HZ = 960;
const LOW_HZ = 720;
const TONE_S = 0.22;
const PERIOD_MS = 1100;
const LOUDNESS = 0.22;
const WANTED = "emergency-sound";

const WORDS = {
  off: "声音已关闭，点击开启",
  blocked: "开启声音",
  ready: "声音已开启",
  ringing: "正在响铃",
};

let context = null;
let timer = 0;
let wanted = localStorage.getItem(WANTED) !== "off";
let ringing = false;

function state() {
  if (!wanted) return "off";
  if (context?.state !== "running") return "blocked";
  return ringing ? "ringing" : "ready";
}

function show() {
  const now = state();
  document.querySelectorAll("[data-sound]").forEach((button) => {
    button.dataset.sound = now;
    button.querySelector("[data-sound-word]").textContent = WORDS[now];
    button.setAttribute("aria-pressed", String(now === "ready" || now === "ringing"));
    const sign = button.querySelector(".ti");
    sign.className = `ti ti-${now === "off" || now === "blocked" ? "volume-off" : "volume"}`;
  });
}

function tone(frequency, at) {
  const oscillator = context.createOscillator();
  const gain = context.createGain();
  oscillator.frequency.value = frequency;
  oscillator.type = "square";
  gain.gain.setValueAtTime(LOUDNESS, at);
  gain.gain.setValueAtTime(0, at + TONE_S);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(at);
  oscillator.stop(at + TONE_S);
}

function beep() {
  if (!ringing || !wanted || context?.state !== "running") return;
  const now = context.currentTime + 0.02;
  tone(HIGH_HZ, now);
  tone(LOW_HZ, now + TONE_S + 0.06);
}

/** Ring, or be silent. */
export function ring(on) {
  ringing = on;
  clearInterval(timer);
  if (on) {
    wake();
    beep();
    timer = setInterval(beep, PERIOD_MS);
  }
  show();
}

function wake() {
  if (!wanted) return;
  context ??= new AudioContext();
  if (context.state === "running") return show();
  context.resume().then(() => {
    show();
    beep();
  }).catch(show);
}

/** Sound on or off; on also where the browser had kept the page silent. */
export function toggle() {
  if (state() === "blocked") {
    wake();
    return;
  }
  wanted = !wanted;
  localStorage.setItem(WANTED, wanted ? "on" : "off");
  if (wanted) wake();
  show();
}

/** Make the buttons work; any first click or key in the page lets it sound. */
export function armSiren() {
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-sound]")) toggle();
    else if (state() === "blocked") wake();
  });
  document.addEventListener("keydown", () => state() === "blocked" && wake());
  if (wanted) wake(); // allowed at once where the reader comes from another page of the house
  show();
}
