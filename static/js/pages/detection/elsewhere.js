// A lead's page: the track of its last day on the map and as speed over time.

import { drawEvidence } from "../cases/evidence.js";

// The map's and the chart's own scripts come first; a slow line must not turn that round.
if (document.readyState === "complete") drawEvidence();
else addEventListener("load", drawEvidence, { once: true });
