// Pictures open large over the page; arrows step through those that are shown. Without scripts they open by themselves.

const dialog = document.querySelector("[data-large-dialog]");
const links = [...document.querySelectorAll("[data-tiles] a[data-large]")];
let shown = 0;

function show(index) {
  shown = (index + links.length) % links.length;
  const link = links[shown];
  const picture = dialog.querySelector("[data-large-picture]");
  picture.src = link.href;
  picture.alt = link.querySelector("img").alt;
  dialog.querySelector("[data-large-original]").href = link.href;
  const caption = link.closest("figure").querySelector("[data-caption]");
  dialog.querySelector("[data-large-caption]").replaceChildren(...[...caption.children].map((part) => part.cloneNode(true)));
  if (!dialog.open) dialog.showModal();
}

if (dialog) {
  links.forEach((link, index) =>
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      show(index);
    }),
  );
  dialog.addEventListener("click", (event) => {
    const step = event.target.closest("[data-large-step]");
    if (step) show(shown + Number(step.dataset.largeStep));
    else if (event.target === dialog) dialog.close();
  });
  // On the document: the caption that had the focus is gone with the picture before.
  document.addEventListener("keydown", (event) => {
    if (!dialog.open) return;
    if (event.key === "ArrowLeft") show(shown - 1);
    if (event.key === "ArrowRight") show(shown + 1);
  });
}
