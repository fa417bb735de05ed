// What is said: sentences come from the server, numbers are written as the language of the page writes them.

/** @type {any} */
export const config = JSON.parse(document.getElementById("desk-words").textContent);

const language = document.documentElement.lang || "en";
const plural = new Intl.PluralRules(language);
const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];

/** A sentence with its {places} filled in. @param {string} name @param {Object<string, any>} parts */
export function say(name, parts = {}) {
  return fill(config.say[name], parts);
}

/** Fill the {places} of a text. @param {string} text @param {Object<string, any>} parts */
export function fill(text, parts) {
  return text.replace(/\{(\w+)\}/g, (whole, part) => (part in parts ? String(parts[part]) : whole));
}

/** A sentence with a number. @param {string} name @param {number} number */
export function count(name, number) {
  const forms = config.count[name];
  return fill(forms[plural.select(number)] ?? forms.other, { number: number.toLocaleString(language) });
}

/** A share between 0 and 1. @param {number} share */
export function percent(share) {
  return new Intl.NumberFormat(language, { style: "percent" }).format(Math.floor(share * 100) / 100);
}

/** Bytes a second. @param {number} bytes */
export function speed(bytes) {
  const power = Math.min(Math.max(Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(1000)), 1), UNITS.length - 1);
  return unit(bytes / 1000 ** power, `${UNITS[power]}-per-second`, 1);
}

/** A time that is left, in the largest unit that says enough. @param {number} seconds */
export function timeLeft(seconds) {
  if (seconds < 90) return unit(Math.max(1, Math.round(seconds)), "second");
  if (seconds < 5400) return unit(Math.round(seconds / 60), "minute");
  return unit(Math.round(seconds / 3600), "hour");
}

function unit(number, name, digits = 0) {
  const options = { style: "unit", unit: name, unitDisplay: "short", maximumFractionDigits: digits };
  return new Intl.NumberFormat(language, options).format(number);
}

/** Say something to those who do not see the screen. @param {string} text */
export function announce(text) {
  const place = document.querySelector("[data-announcement]");
  // The same words twice are not heard twice unless something changes.
  place.textContent = place.textContent === text ? `${text}\u00a0` : text;
}
