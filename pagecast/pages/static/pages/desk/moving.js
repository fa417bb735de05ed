// Rows change their places: dragged by mouse or finger, carried by the keyboard, or step by step by their buttons.
import Sortable from "../vendor/sortable.js";
import { isRemoved, titleOf } from "./rows.js";
import { announce, say } from "./words.js";

/** @param {import("./rows.js").Rows} rows */
export function moving(rows) {
  drag(rows);
  const carrier = new Carrier(rows);
  rows.list.addEventListener("keydown", (event) => carrier.press(event));
  rows.list.addEventListener("focusout", (event) => carrier.leave(event));
  rows.list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-up], [data-down]");
    if (button) step(rows, button, button.matches("[data-up]") ? -1 : 1);
  });
}

function drag(rows) {
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  let before = null;
  Sortable.create(rows.list, {
    handle: "[data-handle]",
    animation: isCalm ? 0 : 150,
    // The same for mouse and finger, and no mistaking a row for a file that is dropped.
    forceFallback: true,
    fallbackOnBody: true,
    fallbackTolerance: 3,
    scrollSensitivity: 80,
    ghostClass: "is-place",
    dragClass: "is-dragged",
    onStart: () => {
      before = rows.snapshot();
    },
    onEnd: (event) => {
      rows.remember(before);
      if (event.oldIndex !== event.newIndex) rows.tellPlace(event.item, "moved");
    },
  });
}

function step(rows, button, by) {
  const row = button.closest("li");
  rows.change(() => rows.move(row, rows.all().indexOf(row) + by));
  button.focus();
}

/** One row may be picked up at a time. Its handle may be another one by now: a file has become a content. */
class Carrier {
  constructor(rows) {
    this.rows = rows;
    this.row = null;
    this.isMoving = false;
  }

  press(event) {
    const row = event.target.closest("li");
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const isHandle = event.target.matches("[data-handle]");
    const isCarried = isHandle && this.row === row;
    if (by && (event.altKey || isCarried)) {
      event.preventDefault();
      this.move(row, this.rows.all().indexOf(row) + by, event.target);
    } else if (isHandle && (event.key === " " || event.key === "Enter")) {
      event.preventDefault();
      if (isCarried) this.letGo();
      else this.pickUp(row);
    } else if (this.row && event.key === "Escape") {
      event.preventDefault();
      this.putBack();
    } else if (isCarried && (event.key === "Home" || event.key === "End")) {
      event.preventDefault();
      this.move(row, event.key === "Home" ? 0 : this.rows.all().length - 1, event.target);
    }
  }

  pickUp(row) {
    if (isRemoved(row)) return;
    this.row = row;
    this.before = this.rows.snapshot();
    row.querySelector("[data-handle]").setAttribute("aria-pressed", "true");
    row.classList.add("is-carried");
    announce(say("grabbed", { title: titleOf(row) }));
  }

  /** What is moved loses the focus for a moment: that is not leaving it. */
  move(row, place, focused) {
    this.isMoving = true;
    if (this.row) this.rows.move(row, place);
    else this.rows.change(() => this.rows.move(row, place));
    focused.focus();
    this.isMoving = false;
  }

  letGo() {
    const row = this.end();
    this.rows.remember(this.before);
    this.rows.tellPlace(row, "letGo");
  }

  putBack() {
    this.isMoving = true;
    this.rows.restoreOrder(this.before);
    this.isMoving = false;
    const row = this.end();
    row.querySelector("[data-handle]").focus();
    this.rows.tellPlace(row, "back");
  }

  leave(event) {
    if (this.row && !this.isMoving && event.target.closest("li") === this.row) {
      if (event.target.matches("[data-handle]")) this.letGo();
    }
  }

  end() {
    const { row } = this;
    this.row = null;
    row.querySelector("[data-handle]").setAttribute("aria-pressed", "false");
    row.classList.remove("is-carried");
    return row;
  }
}
