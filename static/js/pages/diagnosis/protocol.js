/** Pasted frames: Ctrl+Enter sends, bytes and fields light up together. */
import { light } from "./light.js";

const form = document.querySelector("[data-paste]");
form?.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.requestSubmit();
  }
});
light(document);
