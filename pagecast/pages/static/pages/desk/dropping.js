// Files are dropped anywhere on the page, or chosen; of a folder come all the files that are in it.

/** @param {HTMLElement} desk @param {(files: File[]) => void} take */
export function dropping(desk, take) {
  const cover = desk.querySelector("[data-drop]");
  const field = desk.querySelector("[data-files]");
  if (!field) return;
  let depth = 0;

  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  const show = (isShown) => {
    cover.hidden = !isShown;
    if (!isShown) depth = 0;
  };

  addEventListener("dragenter", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth += 1;
    show(true);
  });
  addEventListener("dragleave", (event) => {
    if (hasFiles(event) && --depth <= 0) show(false);
  });
  addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
  });
  addEventListener("drop", async (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    show(false);
    take(await filesOf(event.dataTransfer));
  });
  field.addEventListener("change", () => {
    take([...field.files]);
    // The same file may be chosen again.
    field.value = "";
  });
}

async function filesOf(transfer) {
  // Asked for at once: after the first wait the browser has forgotten them.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (entries.length === 0) return [...transfer.files];
  const found = [];
  for (const entry of entries) found.push(...(await walk(entry)));
  return found;
}

async function walk(entry) {
  if (entry.name.startsWith(".") && !entry.isFile) return [];
  if (entry.isFile) return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
  const reader = entry.createReader();
  const inside = [];
  // It answers with a part of them each time, and with none at the end.
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) break;
    inside.push(...some);
  }
  inside.sort((one, other) => one.name.localeCompare(other.name, undefined, { numeric: true }));
  const found = [];
  for (const each of inside) found.push(...(await walk(each)));
  return found;
}
