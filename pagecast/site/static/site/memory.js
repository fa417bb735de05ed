/** What a browser remembers of its reader; where it may not, as long as the page is open. */

const PREFIX = "pagecast.";
const unwritten = {};

/** What is remembered, or `otherwise` where that is nothing of the same type. */
export function recall(name, otherwise) {
  let value = unwritten[name];
  try {
    value ??= JSON.parse(localStorage.getItem(PREFIX + name));
  } catch {
    // Closed to us, or not ours.
  }
  return value !== null && typeof value === typeof otherwise ? value : otherwise;
}

export function remember(name, value) {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
    delete unwritten[name];
  } catch {
    unwritten[name] = value;
  }
}
