// A case's page: the track that proves it on the map and as speed over time, and a word when somebody changes it.

import { openSocket } from "../../lib/socket.js";
import { showConnection } from "../../components/connection.js";
import { drawEvidence } from "./evidence.js";

let acting = false;
let state = "connecting";

function tell(next) {
  state = next;
  showConnection(next);
}

openSocket("/ws/cases/", {
  onMessage(message) {
    const number = document.querySelector("#case-body")?.dataset.case;
    if (message.type !== "case" || message.case.number !== number || acting) return;
    document.querySelector("[data-changed]")?.removeAttribute("hidden");
  },
  onState: tell,
});

// Our own act comes back over the socket too: that is no news.
document.addEventListener("htmx:beforeRequest", () => (acting = true));
document.addEventListener("htmx:afterRequest", () => setTimeout(() => (acting = false), 1500));
document.addEventListener("htmx:afterSwap", () => {
  drawEvidence();
  showConnection(state);
});

drawEvidence(); // leaflet and echarts stand before this module in the page and have run
