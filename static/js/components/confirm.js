// Asks before what can't be undone: hx-confirm="…" on an htmx form, data-confirm="…" on a plain one.

/** Resolves to true when the officer says yes. */
export function confirmed(question) {
  const dialog = document.querySelector("[data-confirm-dialog]");
  if (!dialog) return Promise.resolve(window.confirm(question));
  dialog.querySelector("[data-confirm-text]").textContent = question;
  dialog.returnValue = "no";
  dialog.showModal();
  dialog.querySelector("[data-confirm-yes]").focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

export function armConfirm() {
  document.addEventListener("htmx:confirm", (event) => {
    if (!event.detail.question) return;
    event.preventDefault();
    // What is still missing is said by the server first: nobody confirms a form that will come back.
    const form = event.detail.elt;
    if (form instanceof HTMLFormElement && !form.checkValidity()) return event.detail.issueRequest(true);
    confirmed(event.detail.question).then((yes) => yes && event.detail.issueRequest(true));
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.dataset.confirm || form.dataset.confirmed) return;
    event.preventDefault();
    confirmed(form.dataset.confirm).then((yes) => {
      if (!yes) return;
      form.dataset.confirmed = "yes";
      form.requestSubmit(event.submitter);
    });
  });
}
