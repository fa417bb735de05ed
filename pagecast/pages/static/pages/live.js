/**
 * Cells that change by themselves while their files are received, checked, filed and drawn.
 *
 * A cell is an element with `data-live` (the row that it tells of), `data-cell` (what it tells) and, as long as
 * there is something to wait for, `data-pending`. Rows that wait are asked for all together, once a second at
 * first and then more and more seldom; nothing is asked while nothing waits, or while nobody looks.
 *
 * After each change the document gets an event `live:changed` whose detail is {row, state, pending}.
 */
import { Over, ask, piece, retry } from "./live/asking.js";
import { FORMS } from "./live/saving.js";
import { announce, hush, notice, relent, words } from "./live/saying.js";

const SOON = 1000;
const SELDOM = 5000;
const SLOWER = 1.2;
// So many questions in a row without an answer before people are told.
const PATIENCE = 3;
const MARKED = 2000;

/** The version of each row that is shown. */
const versions = new Map();
let timer = 0;
let pause = SOON;
let isAsking = false;
let isOver = !words;
let failures = 0;
// Whether people were told that nothing is heard of the server.
let isTold = false;

const cellsOf = (row) => document.querySelectorAll(`[data-live="${CSS.escape(row)}"]`);

function waitingRows() {
  const rows = new Map();
  for (const cell of document.querySelectorAll("[data-live][data-pending]")) {
    rows.set(cell.dataset.live, versions.get(cell.dataset.live) ?? "");
  }
  return rows;
}

/** Put the HTML into the cell; false if it is there already. */
function replace(cell, html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  if (template.innerHTML === cell.innerHTML) {
    return false;
  }
  const hadFocus = cell.contains(document.activeElement);
  cell.replaceChildren(template.content);
  if (hadFocus) {
    // The button that was pressed is gone: the keyboard goes on from here.
    cell.tabIndex = -1;
    cell.focus({ preventScroll: true });
  }
  cell.classList.add("live-changed");
  setTimeout(() => cell.classList.remove("live-changed"), MARKED);
  return true;
}

async function refreshPreviews(row) {
  for (const place of document.querySelectorAll(`[data-live-preview="${CSS.escape(row)}"]`)) {
    const html = await piece(place.dataset.address);
    if (html !== null) {
      replace(place, html);
    }
  }
}

function show(row, answer) {
  const cells = cellsOf(row);
  const before = cells[0]?.dataset.state;
  let hasChanged = false;
  for (const cell of cells) {
    const html = answer.cells?.[cell.dataset.cell];
    hasChanged = (html !== undefined && replace(cell, html)) || hasChanged;
    cell.dataset.state = answer.state;
    cell.toggleAttribute("data-pending", answer.pending);
  }
  versions.set(row, answer.version);
  if (before !== undefined && before !== answer.state) {
    announce(answer.said);
  }
  if (hasChanged) {
    void refreshPreviews(row);
    const detail = { row, state: answer.state, pending: answer.pending };
    document.dispatchEvent(new CustomEvent("live:changed", { detail }));
  }
  return hasChanged;
}

function forget(row) {
  cellsOf(row).forEach((cell) => cell.removeAttribute("data-pending"));
  versions.delete(row);
}

function showAll(asked, answers) {
  let hasChanged = false;
  for (const row of asked.keys()) {
    // One that is not told of is gone, and not worth another question.
    hasChanged = (answers[row] ? show(row, answers[row]) : forget(row)) || hasChanged;
  }
  return hasChanged;
}

function end(over) {
  isOver = isTold = true;
  // What is typed on this screen must not go by the way out.
  const isElsewhere = document.querySelector(FORMS) !== null;
  notice(over.message, over.way && (isElsewhere ? { ...over.way, address: words.login, isElsewhere } : over.way));
}

async function poll() {
  timer = 0;
  const rows = waitingRows();
  if (!rows.size || isAsking || isOver) {
    return;
  }
  isAsking = true;
  try {
    const hasChanged = showAll(rows, await ask(rows));
    pause = hasChanged ? SOON : Math.min(pause * SLOWER, SELDOM);
    if (isTold) {
      hush();
    }
    isTold = false;
    failures = 0;
  } catch (error) {
    if (error instanceof Over) {
      end(error);
    } else {
      failures += 1;
      pause = Math.min(pause * SLOWER, SELDOM);
      if (failures === PATIENCE) {
        isTold = true;
        notice(words.unreachable);
      }
    }
  } finally {
    isAsking = false;
  }
  schedule(pause);
}

function schedule(milliseconds) {
  clearTimeout(timer);
  timer = 0;
  if (!isOver && !document.hidden && waitingRows().size) {
    timer = setTimeout(poll, milliseconds);
  }
}

/** Look for rows that wait, from now on once a second again. New rows are found without it, too. */
export function watch() {
  pause = SOON;
  schedule(pause);
}

async function tryAgain(button) {
  const row = button.closest("[data-live]")?.dataset.live ?? button.dataset.retry;
  // What is done now is answered now, whatever else was to be said.
  relent();
  // A disabled one would lose the keyboard.
  button.setAttribute("aria-disabled", "true");
  try {
    const answer = await retry(button.formAction);
    if (answer.goesOn) {
      announce(answer.said);
    } else {
      notice(answer.said);
    }
    cellsOf(row).forEach((cell) => cell.toggleAttribute("data-pending", true));
    versions.delete(row);
    pause = SOON;
    schedule(0);
  } catch (error) {
    button.removeAttribute("aria-disabled");
    if (error instanceof Over) {
      end(error);
    } else {
      notice(words.not_retried);
    }
  }
}

/** The way to "another file" leads to its field, which a browser scrolls to, but does not give the keyboard. */
function focusTarget() {
  if (location.hash === "#id_file") {
    document.getElementById("id_file")?.focus();
  }
}

function isNews(change) {
  return (
    change.type === "attributes" ||
    [...change.addedNodes].some((node) => node.matches?.("[data-pending]") || node.querySelector?.("[data-pending]"))
  );
}

if (!isOver) {
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button[data-retry]");
    if (button) {
      event.preventDefault();
      if (!button.hasAttribute("aria-disabled")) {
        void tryAgain(button);
      }
    }
  });
  document.addEventListener("visibilitychange", () => {
    // Whoever comes back may have logged in elsewhere.
    isOver = isOver && document.hidden;
    schedule(0);
  });
  window.addEventListener("online", () => schedule(0));
  window.addEventListener("hashchange", focusTarget);
  new MutationObserver((changes) => {
    if (!timer && !isAsking && changes.some(isNews)) {
      watch();
    }
  }).observe(document.body, { childList: true, subtree: true, attributeFilter: ["data-pending"] });
  focusTarget();
  watch();
}
