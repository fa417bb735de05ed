// The desk: the form of a page.
import { dropping } from "./dropping.js";
import { finding } from "./finding.js";
import { leaving } from "./leaving.js";
import { moving } from "./moving.js";
import { previewing } from "./previewing.js";
import { Rows, titleOf } from "./rows.js";
import { Uploads } from "./uploads.js";

const desk = document.getElementById("desk");
const form = desk.closest("form");
const rows = new Rows(desk);
const uploads = new Uploads(desk, rows);

moving(rows);
finding(desk, rows);
previewing(desk);
dropping(desk, (files) => uploads.take(files));
leaving(form, desk, uploads);

rows.list.addEventListener("click", (event) => {
  const row = event.target.closest("[data-row]");
  if (event.target.closest("[data-remove]")) rows.remove(row);
  else if (event.target.closest("[data-restore]")) rows.restore(row);
});
rows.list.addEventListener("keydown", (event) => {
  // Enter in the title of a row would press the first button of the form.
  if (event.key === "Enter" && event.target.matches("input")) event.preventDefault();
});
rows.list.addEventListener("change", (event) => {
  const row = event.target.closest("[data-row]");
  if (row && event.target.matches("[data-name]")) row.dataset.title = titleOf(row);
});
addEventListener("keydown", (event) => {
  const isUndo = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z";
  if (isUndo && !event.target.closest("input, textarea, [contenteditable]")) {
    event.preventDefault();
    rows.undo();
  }
});
desk.dataset.isReady = "";
