// Nobody loses work by leaving: not what was typed, and not a file on its way.
import { announce, count, say } from "./words.js";

/**
 * @param {HTMLFormElement} form
 * @param {HTMLElement} desk
 * @param {import("./uploads.js").Uploads} uploads
 */
export function leaving(form, desk, uploads) {
  const dialog = desk.querySelector("[data-leaving]");
  const written = () => new URLSearchParams(new FormData(form)).toString();
  const before = written();
  let isSaving = false;
  let waiting = null;
  let pressed = null;

  function save(submitter) {
    isSaving = true;
    form.requestSubmit(submitter);
  }

  addEventListener("beforeunload", (event) => {
    if (!isSaving && (uploads.coming() || written() !== before)) event.preventDefault();
  });

  form.addEventListener("submit", (event) => {
    if (!isSaving && uploads.coming()) {
      event.preventDefault();
      pressed = event.submitter;
      dialog.querySelector("[data-coming]").textContent = count("coming", uploads.coming());
      dialog.showModal();
      return;
    }
    isSaving = true;
  });
  // Back in the history the page is as it was left.
  addEventListener("pageshow", (event) => {
    if (event.persisted) isSaving = false;
  });

  dialog.querySelector("[data-wait]").addEventListener("click", () => {
    dialog.close();
    waiting = pressed;
    announce(say("saves"));
    desk.classList.add("is-waiting");
    finish();
  });
  dialog.querySelector("[data-now]").addEventListener("click", () => {
    dialog.close();
    save(pressed);
  });
  dialog.querySelector("[data-back]").addEventListener("click", () => dialog.close());

  function finish() {
    if (!waiting || uploads.coming()) return;
    const submitter = waiting;
    waiting = null;
    desk.classList.remove("is-waiting");
    // One that was refused has to be seen first.
    if (!uploads.failed()) save(submitter);
  }
  desk.addEventListener("desk:files", finish);
}
