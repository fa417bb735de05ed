/** What the server is asked: what became of rows, and to try a file again. */
import { words } from "./saying.js";
import { renewToken } from "./token.js";

// Shorter than the longest address that servers and proxies take.
const BATCH = 100;
const PATIENCE = 15000;

/** The server says that there is no use in asking again. */
export class Over extends Error {
  /**
   * @param {string} text what is said to people
   * @param {{address: string, text: string}} [way] where they can do something about it
   */
  constructor(text, way) {
    super(text);
    this.way = way;
  }
}

async function request(address, options = {}) {
  const response = await fetch(address, {
    ...options,
    headers: { Accept: "application/json", ...options.headers },
    redirect: "manual",
    cache: "no-store",
    credentials: "same-origin",
    signal: AbortSignal.timeout(PATIENCE),
  });
  // The admin sends whoever is not logged in to another address.
  if (response.type === "opaqueredirect" || response.status === 401) {
    const here = encodeURIComponent(location.pathname + location.search);
    throw new Over(words.gone, { address: `${words.login}?next=${here}`, text: words.log_in });
  }
  return response;
}

/**
 * What there is to tell of these rows, by row. Throws `Over`, and other errors while there is no connection.
 * @param {Map<string, string>} versions the rows, each with the version of it that is known, or ""
 */
export async function ask(versions) {
  const rows = [...versions].map(([row, version]) => `row=${row}${version && `/${version}`}`);
  const answers = {};
  for (let start = 0; start < rows.length; start += BATCH) {
    const response = await request(`${words.address}?${rows.slice(start, start + BATCH).join("&")}`);
    if (response.status === 403) {
      throw new Over(words.forbidden);
    }
    if (!response.ok) {
      throw new Error(`${response.status}`);
    }
    Object.assign(answers, (await response.json()).rows);
  }
  return answers;
}

/** Throws `Over` when nobody is logged in any more, and another error when the server does not answer. */
export async function knock() {
  const response = await request(words.address);
  if (response.status >= 500) {
    throw new Error(`${response.status}`);
  }
}

/**
 * Have a file tried again. Answers with what the server says of it, and whether it goes on.
 * @param {string} address
 */
export async function retry(address) {
  const token = renewToken(document.getElementById("live-retry"));
  const response = await request(address, { method: "POST", headers: { "X-CSRFToken": token } });
  if (!response.ok && response.status !== 409) {
    throw new Error(`${response.status}`);
  }
  return { ...(await response.json()), goesOn: response.ok };
}

/**
 * A piece of HTML, or null when it can not be had now.
 * @param {string} address
 */
export async function piece(address) {
  try {
    const response = await request(address);
    return response.ok ? await response.text() : null;
  } catch {
    return null;
  }
}
