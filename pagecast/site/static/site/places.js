/** Where one left off, by content. */
import { recall, remember } from "./memory.js";

// Who has heard so little, or all but so little, begins anew.
const MARGIN = 10;
const MOST = 200;
// How often the place is written down while something plays.
const EVERY = 5;

const contentOf = (player) => player.closest("[id^=content-]")?.id.slice("content-".length);
const isWorthwhile = (place, length) => place >= MARGIN && place <= length - MARGIN && length < Infinity;
const written = new WeakMap();

/** Where to go on, in seconds; 0: at the beginning. */
export function placeOf(player) {
  const place = Number(recall("places", {})[contentOf(player)]?.[0]);
  return isWorthwhile(place, player.duration) ? place : 0;
}

/** Write down where the player is: now, or if that was not done for a while. */
export function keep(player, now = true) {
  const content = contentOf(player);
  const place = player.currentTime;
  if (!content || !player.readyState || (!now && Math.abs(place - (written.get(player) ?? 0)) < EVERY)) {
    return;
  }
  written.set(player, place);
  const { [content]: old, ...places } = recall("places", {});
  if (isWorthwhile(place, player.duration)) {
    places[content] = [Math.floor(place), Date.now()];
  } else if (!old) {
    return;
  }
  const newest = Object.entries(places)
    .filter(([, each]) => Array.isArray(each))
    .sort(([, one], [, other]) => other[1] - one[1]);
  remember("places", Object.fromEntries(newest.slice(0, MOST)));
}
