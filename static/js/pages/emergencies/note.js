// The hand-over note: one button, for the printer.

document.querySelector("[data-print]").addEventListener("click", () => print());
