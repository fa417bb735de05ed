/** The counters rise while one looks: the server is asked now and then, and nothing of it is said aloud. */

const FIRST = 10_000;
const SLOWEST = 300_000;
const PATIENCE = 15_000;

const page = document.querySelector("[data-page]").dataset.page;
const language = document.documentElement.lang || "en";
const words = JSON.parse(document.getElementById("view-words")?.textContent ?? "null");
const category = new Intl.PluralRules(language);

function say(number) {
  const separator = language === "en" ? "," : "\u00a0";
  const digits = String(number).replace(/\B(?=(\d{3})+$)/g, separator);
  return words ? (words[category.select(number)] ?? words.other).replace("%s", digits) : digits;
}

/** Write what has changed, and answer whether anything has. */
function write({ contents, views }) {
  let hasChanged = false;
  const told = contents.map(({ id, counter }) => [`[data-content="${id}"]`, counter]);
  for (const [where, number] of [["[data-views]", views], ...told]) {
    for (const place of document.querySelectorAll(where)) {
      hasChanged ||= place.textContent !== say(number);
      place.textContent = say(number);
    }
  }
  return hasChanged;
}

/** How long the server wants to be left alone: it says so in seconds, or by a date. */
function pause(response) {
  const wish = response.headers.get("Retry-After");
  const wait = wish >= 0 ? wish * 1000 : Date.parse(wish) - Date.now();
  return wait > 0 ? wait : 0;
}

let delay = FIRST;
let timer = 0;
let due = 0;

function plan(wait) {
  // Not all readers of a page at once.
  due = performance.now() + wait * (0.8 + 0.4 * Math.random());
  wake();
}

function wake() {
  clearTimeout(timer);
  if (due && !document.hidden) {
    timer = setTimeout(ask, Math.max(0, due - performance.now()));
  }
}

async function ask() {
  due = 0;
  let least = 0;
  try {
    const response = await fetch(`/api/page/content/${page}/counters/`, {
      headers: { Accept: "application/json" },
      cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE),
    });
    if ([401, 403, 404, 410].includes(response.status)) {
      return;
    }
    least = pause(response);
    const hasChanged = response.ok && write(await response.json());
    delay = hasChanged ? FIRST : delay * (response.ok ? 1.5 : 2);
  } catch {
    delay *= 2;
  }
  delay = Math.min(delay, SLOWEST);
  plan(Math.max(delay, least));
}

document.addEventListener("visibilitychange", wake);
plan(FIRST);
