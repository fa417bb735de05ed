/**
 * A form that is saved loses nothing: before it leaves, the server is asked whether it is there, and whether
 * somebody is still logged in. If not, what was typed stays where it is.
 */
import { Over, knock } from "./asking.js";
import { insist, relent, words } from "./saying.js";

/** The forms with which people work: those of things, and not those that are a button alone. */
export const FORMS = "form[method=post][id$=_form]";
// Milliseconds until people are told that it takes its time; until a form that has not left may be saved again.
const SLOW = 1000;
const GIVEN_UP = 30000;

const asking = new Set();
/** When each form left. */
const left = new Map();
/** The forms that somebody wanted to save: of some of them nobody else takes care any more. */
const pressed = new Set();
let passing = null;

/**
 * The token that the server wants with a change: another one since somebody logged in in another window.
 * @param {HTMLFormElement} form
 */
export function renewToken(form) {
  const cookie = document.cookie.split("; ").find((each) => each.startsWith("csrftoken="));
  const field = form.querySelector("[name=csrfmiddlewaretoken]");
  if (cookie && field) {
    field.value = cookie.slice("csrftoken=".length);
  }
  return field?.value;
}

/** Whether the form may leave now. Says why if not. */
async function mayLeave() {
  const timer = setTimeout(() => insist(words.saving), SLOW);
  try {
    await knock();
    return true;
  } catch (error) {
    if (error instanceof Over) {
      insist(words.not_saved_gone, { address: words.login, text: words.log_in, isElsewhere: true });
    } else {
      insist(words.not_saved_away);
    }
    return false;
  } finally {
    clearTimeout(timer);
  }
}

async function save(form, submitter) {
  asking.add(form);
  const may = await mayLeave();
  asking.delete(form);
  if (!may) {
    return;
  }
  relent();
  renewToken(form);
  passing = form;
  try {
    form.requestSubmit(submitter);
  } finally {
    passing = null;
  }
}

/** Whether the server is being asked for this form. @param {HTMLFormElement} form */
export function isAsking(form) {
  return asking.has(form);
}

/** Whether this form passes or is on its way: leaving the screen is what was asked for. @param {HTMLFormElement} form */
export function isLeaving(form) {
  return form === passing || performance.now() - (left.get(form) ?? -Infinity) < GIVEN_UP;
}

// Whoever wants a word before this one listens at the form itself.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || !form.matches(FORMS)) {
    return;
  }
  if (form === passing) {
    left.set(form, performance.now());
    return;
  }
  event.preventDefault();
  // A button that is pressed twice must not make two of it.
  if (!isAsking(form) && !isLeaving(form)) {
    pressed.add(form);
    void save(form, event.submitter);
  }
});
addEventListener("beforeunload", (event) => {
  if ([...pressed].some((form) => form.isConnected && !isLeaving(form))) {
    event.preventDefault();
  }
});
// Whoever stops it may save again; and back in the history a screen is as it was left.
addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    left.clear();
  }
});
addEventListener("pageshow", (event) => {
  if (event.persisted) {
    left.clear();
    pressed.clear();
    relent();
  }
});
