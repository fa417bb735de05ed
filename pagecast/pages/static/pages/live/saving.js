/**
 * A form that is saved loses nothing: before it leaves, the server is asked whether it is there, and whether
 * somebody is still logged in. If not, what was typed stays where it is.
 */
import { Over, knock } from "./asking.js";
import { hush, notice, words } from "./saying.js";

/** The forms that are asked for just now, and those that are on their way. */
const asking = new WeakSet();
const leaving = new WeakSet();
let passing = null;

/** Somebody who logged in in another window has another token now. */
function renewToken(form) {
  const cookie = document.cookie.split("; ").find((each) => each.startsWith("csrftoken="));
  const field = form.querySelector("[name=csrfmiddlewaretoken]");
  if (cookie && field) {
    field.value = cookie.slice("csrftoken=".length);
  }
}

async function save(form, submitter) {
  asking.add(form);
  try {
    await knock();
  } catch (error) {
    if (error instanceof Over) {
      notice(words.not_saved_gone, { ...error.way, isElsewhere: true });
    } else {
      notice(words.not_saved_away);
    }
    return;
  } finally {
    asking.delete(form);
  }
  hush();
  renewToken(form);
  passing = form;
  form.requestSubmit(submitter);
  passing = null;
}

/** Whether this form is on its way: leaving the screen is what was asked for. @param {HTMLFormElement} form */
export function isLeaving(form) {
  return form === passing || leaving.has(form);
}

// Whoever wants a word before this one listens at the form itself.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || !form.matches("form[method=post][id$=_form]")) {
    return;
  }
  if (form === passing) {
    leaving.add(form);
    return;
  }
  event.preventDefault();
  // A button that is pressed twice must not make two of it.
  if (!asking.has(form) && !leaving.has(form)) {
    void save(form, event.submitter);
  }
});
// Back in the history a screen is as it was left.
addEventListener("pageshow", (event) => {
  if (event.persisted) {
    document.querySelectorAll("form").forEach((form) => leaving.delete(form));
  }
});
