/**
 * A form that is saved loses nothing: before it leaves, the server is asked whether it is there, and whether
 * somebody is still logged in. If not, what was typed stays where it is.
 */
import { Over, knock } from "./asking.js";
import { insist, relent, words } from "./saying.js";
import { renewToken } from "./token.js";

/** The forms with which people work: those of things, and not those that are a button alone. */
export const FORMS = "form[method=post][id$=_form]";
// Milliseconds until people are told that it takes its time; until a form that has not left may be saved again,
// where the browser does not tell that somebody has stopped it. A large file takes its time.
const SLOW = 1000;
const GIVEN_UP = 600000;

const asking = new Set();
/** When each form left. */
const left = new Map();
/** The forms that somebody wanted to save. The theme asks before it leaves one, but not after a submit. */
const pressed = new Set();
let passing = null;
let timer = 0;

/** Whether the form may leave now. Says why if not. */
async function mayLeave() {
  try {
    await knock();
    return true;
  } catch (error) {
    clearTimeout(timer);
    if (error instanceof Over) {
      insist(words.not_saved_gone, { address: words.login, text: words.log_in, isElsewhere: true });
    } else {
      insist(words.not_saved_away);
    }
    return false;
  }
}

async function save(form, submitter) {
  asking.add(form);
  clearTimeout(timer);
  timer = setTimeout(() => insist(words.saving), SLOW);
  const may = await mayLeave();
  // It may have been stopped meanwhile.
  if (!asking.delete(form) || !may) {
    return;
  }
  renewToken(form);
  passing = form;
  try {
    form.requestSubmit(submitter);
  } finally {
    passing = null;
  }
  if (!isLeaving(form)) {
    sayNothing();
  }
}

/** Nothing is on its way any more. */
function stop() {
  asking.clear();
  left.clear();
  sayNothing();
}

function sayNothing() {
  clearTimeout(timer);
  relent();
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
  if (event.key === "Escape" && (asking.size || left.size)) {
    stop();
  }
});
globalThis.navigation?.addEventListener("navigate", (event) => {
  event.signal.addEventListener("abort", () => left.size && stop());
});
addEventListener("pageshow", (event) => {
  if (event.persisted) {
    pressed.clear();
    stop();
  }
});
