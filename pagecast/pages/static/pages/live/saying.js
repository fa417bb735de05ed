/**
 * What is said to people: by the screen reader, and in a bar at the top of the screen.
 *
 * All words come from the server.
 */

const SILENCE = 1000;

/** What `live.js` has to know: the address that is asked, and words. Null on a screen without cells. */
export const words = JSON.parse(document.getElementById("live-words")?.textContent ?? "null");

const waiting = [];
let last = -Infinity;
let timer = 0;

function speak() {
  timer = 0;
  last = performance.now();
  const region = document.getElementById("live-announcer");
  if (region) {
    region.textContent = waiting.join(" ");
  }
  waiting.length = 0;
}

/**
 * Have the screen reader say it when it has finished what it reads; at most once a second, all that came
 * together in one.
 * @param {string} text
 */
export function announce(text) {
  if (!text || waiting.includes(text)) {
    return;
  }
  waiting.push(/[.!?…]$/.test(text) ? text : `${text}.`);
  timer ||= setTimeout(speak, Math.max(0, last + SILENCE - performance.now()));
}

// Whether the bar says something that must not be taken for anything else.
let isHeld = false;

/** Say what came of somebody's own doing: nothing else takes its place, or takes it away. */
export function insist(text, way) {
  isHeld = false;
  notice(text, way);
  isHeld = true;
}

/** Take away what was insisted on. */
export function relent() {
  isHeld = false;
  hush();
}

/**
 * Say something that does not go away by itself, with a way out of it if there is one.
 * @param {string} text
 * @param {{address: string, text: string, isElsewhere?: boolean}} [way] elsewhere: in a window of its own
 */
export function notice(text, way) {
  const bar = document.getElementById("live-notice");
  if (!bar || isHeld) {
    return;
  }
  bar.replaceChildren(text);
  if (way) {
    const link = document.createElement("a");
    link.href = way.address;
    link.textContent = way.text;
    if (way.isElsewhere) {
      link.target = "_blank";
    }
    bar.append(" ", link);
  }
  const close = document.createElement("button");
  close.type = "button";
  close.className = "live-close";
  close.setAttribute("aria-label", words.close);
  close.textContent = "×";
  close.addEventListener("click", relent);
  bar.append(close);
  bar.hidden = false;
}

/** Take the notice away: what it said is over. */
export function hush() {
  const bar = document.getElementById("live-notice");
  if (bar && !isHeld) {
    bar.hidden = true;
  }
}
