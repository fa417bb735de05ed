// Nobody loses work by leaving: not what was typed, and not a file on its way.
import { isAsking, isLeaving } from "../live/saving.js";
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
  // Files that are still coming in and may be broken off; while `breakOff` runs it has just been said.
  let agreed = [];
  let isAgreeing = false;
  let waiting = null;
  let pressed = null;
  let lost = [];
  const bar = desk.querySelector("[data-waiting]");

  /** What happens to the saving is seen and heard. */
  function tell(name) {
    bar.hidden = !name;
    bar.querySelector("[data-say]").textContent = name ? say(name) : "";
    bar.querySelector("[data-stop]").hidden = name !== "saves";
    if (name) announce(say(name));
  }

  function breakOff() {
    agreed = uploads.coming();
    isAgreeing = true;
    try {
      form.requestSubmit(pressed);
    } finally {
      isAgreeing = false;
    }
  }

  addEventListener("beforeunload", (event) => {
    if (!isLeaving(form) && (uploads.coming().length || written() !== before)) event.preventDefault();
  });

  form.addEventListener("submit", (event) => {
    if (isAsking(form)) {
      event.preventDefault();
      return;
    }
    // Pressed anew it is asked anew, and files may have come while the server was asked.
    if (!isAgreeing && !isLeaving(form)) agreed = [];
    const coming = uploads.coming();
    if (coming.every((transfer) => agreed.includes(transfer))) return;
    event.preventDefault();
    pressed = event.submitter;
    dialog.querySelector("[data-coming]").textContent = count("coming", coming.length);
    dialog.showModal();
  });

  dialog.querySelector("[data-wait]").addEventListener("click", () => {
    dialog.close();
    waiting = pressed;
    lost = uploads.failed();
    tell("saves");
    finish();
  });
  function stop() {
    waiting = null;
    tell("");
    pressed?.focus();
  }
  bar.querySelector("[data-stop]").addEventListener("click", stop);
  dialog.addEventListener("cancel", stop);
  dialog.querySelector("[data-now]").addEventListener("click", () => {
    dialog.close();
    breakOff();
  });
  dialog.querySelector("[data-back]").addEventListener("click", () => {
    dialog.close();
    stop();
  });

  function finish() {
    if (!waiting || uploads.coming().length) return;
    const submitter = waiting;
    waiting = null;
    // One that was refused meanwhile has to be seen first.
    if (uploads.failed().some((transfer) => !lost.includes(transfer))) {
      tell("notSaved");
    } else {
      tell("");
      form.requestSubmit(submitter);
    }
  }
  desk.addEventListener("desk:files", finish);
}
