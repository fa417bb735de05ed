// The rows of the desk in their order, and the way back from everything that was done to them.
import { ask } from "./asking.js";
import { announce, config, count, say } from "./words.js";

/** What its row is called. @param {Element} row */
export function titleOf(row) {
  const field = row.querySelector("[data-name]");
  return (field?.value ?? field?.textContent ?? "").trim() || row.dataset.title;
}

export class Rows {
  /** @param {HTMLElement} desk */
  constructor(desk) {
    this.desk = desk;
    this.list = desk.querySelector("[data-rows]");
    this.undoButton = desk.querySelector("[data-undo]");
    /** @type {{row: Element, removed: boolean}[][]} */
    this.past = [];
    /** Rows that are gone for good, and come back by no undoing. @type {WeakSet<Element>} */
    this.gone = new WeakSet();
    this.list.tabIndex = -1;
    this.undoButton.addEventListener("click", () => this.undo());
    this.refresh();
  }

  /** All rows, files that are coming in included. */
  all() {
    return [...this.list.children];
  }

  /** The row of a content. @param {number|string} content */
  of(content) {
    return this.list.querySelector(`[data-row="${CSS.escape(String(content))}"]`);
  }

  /** The contents that are on the page now. */
  contents() {
    return this.all().filter((row) => row.dataset.row && !isRemoved(row)).map((row) => row.dataset.row);
  }

  /** Do something that can be undone. @param {() => void} change */
  change(change) {
    const before = this.snapshot();
    change();
    this.remember(before);
  }

  /** Keep the state from before a change, if it was one. */
  remember(before) {
    if (!isSame(before, this.snapshot())) this.past.push(before);
    this.refresh();
  }

  snapshot() {
    return this.all().map((row) => ({ row, removed: isRemoved(row) }));
  }

  /** Move a row to a place; answers whether it moved. */
  move(row, place) {
    const rows = this.all();
    const last = rows.length - 1;
    const before = rows.indexOf(row);
    if (place < 0 || place > last) {
      announce(say(place < 0 ? "first" : "last", { title: titleOf(row) }));
      return false;
    }
    this.list.insertBefore(row, rows[place > before ? place + 1 : place] ?? null);
    row.scrollIntoView({ block: "nearest" });
    this.tellPlace(row, "moved");
    return true;
  }

  tellPlace(row, name) {
    // What was refused or taken off has no place on the page.
    const rows = this.all().filter((each) => each === row || !(isRemoved(each) || isLost(each)));
    announce(say(name, { title: titleOf(row), place: rows.indexOf(row) + 1, number: rows.length }));
  }

  remove(row) {
    this.change(() => setRemoved(row, true));
    announce(say("removed", { title: titleOf(row) }));
    row.querySelector("[data-restore]").focus();
  }

  restore(row) {
    this.change(() => setRemoved(row, false));
    announce(say("putBack", { title: titleOf(row) }));
    row.querySelector("[data-remove]").focus();
  }

  /** Put a content at the end, or say where it stands. @param {string} content */
  async add(content, title) {
    const there = this.of(content);
    if (there) {
      if (isRemoved(there)) this.restore(there);
      else announce(say("isThere", { title }));
      return mark(there);
    }
    const row = parse(await (await ask(`${config.rows}?content=${content}`)).text());
    if (row && !this.of(content)) {
      this.change(() => this.list.append(row));
      announce(say("added", { title }));
      mark(row);
    }
  }

  /** A file that is coming in gets its row at the end, which is no step to undo. @param {Element} row */
  append(row) {
    this.list.append(row);
    this.refresh();
  }

  /**
   * The row of a file becomes that of its content. It stays the same element, so whoever drags or carries it,
   * and whoever remembers an order with it, does not notice.
   */
  become(row, made) {
    const hadFocus = row.contains(document.activeElement);
    const isCarried = row.classList.contains("is-carried");
    delete row.dataset.upload;
    delete row.dataset.state;
    Object.assign(row.dataset, made.dataset, { came: "" });
    row.classList.remove("desk-upload");
    row.replaceChildren(...made.childNodes);
    const handle = row.querySelector("[data-handle]");
    handle.setAttribute("aria-pressed", String(isCarried));
    if (hadFocus) handle.focus();
    this.refresh();
  }

  /** A row is gone for good. */
  drop(row) {
    if (row.matches(".is-place, .is-carried")) {
      // Somebody has it in hand.
      setTimeout(() => this.drop(row), 200);
      return;
    }
    row.remove();
    this.gone.add(row);
    this.refresh();
  }

  undo() {
    const state = this.past.pop();
    if (!state) return;
    const focused = document.activeElement;
    this.restoreOrder(state);
    announce(say("undone"));
    this.refresh();
    // What had the focus may be gone, or have nothing left to undo.
    focused.focus();
    if (document.activeElement === document.body) this.list.focus();
  }

  /** The rows as they were; a file that came meanwhile is not undone with what was done before. */
  restoreOrder(state) {
    const kept = state.filter((each) => !this.gone.has(each.row));
    const known = new Set(kept.map((each) => each.row));
    const isFile = (row) => row.dataset.upload !== undefined || row.dataset.came !== undefined;
    const later = this.all().filter((row) => !known.has(row) && isFile(row));
    this.list.replaceChildren(...kept.map((each) => each.row), ...later);
    for (const each of kept) if (each.row.dataset.row) setRemoved(each.row, each.removed);
  }

  refresh() {
    this.undoButton.disabled = this.past.length === 0;
    const number = this.contents().length;
    this.desk.querySelector("[data-number]").textContent = count("contents", number);
    this.desk.querySelector("[data-nothing]").hidden = this.list.children.length > 0;
  }
}

/** The row in an answer of the server. @param {string} html */
export function parse(html) {
  const place = document.createElement("template");
  place.innerHTML = html;
  return place.content.querySelector("[data-row]");
}

/** Let the eye find a row. @param {Element} row */
export function mark(row) {
  row.scrollIntoView({ block: "nearest" });
  row.classList.add("is-marked");
  setTimeout(() => row.classList.remove("is-marked"), 1500);
}

export function isRemoved(row) {
  return row.classList.contains("is-removed");
}

/** A file that was not taken. */
function isLost(row) {
  return row.dataset.state === "refused" || row.dataset.state === "failed";
}

function setRemoved(row, removed) {
  row.classList.toggle("is-removed", removed);
  for (const field of row.querySelectorAll("input")) field.disabled = removed;
}

function isSame(before, after) {
  return (
    before.length === after.length &&
    before.every((each, place) => each.row === after[place].row && each.removed === after[place].removed)
  );
}
