/** The language of subtitles that was chosen last is shown with the next film, too. */
import { recall, remember } from "./memory.js";

const nameOf = (track) => track.language || track.label;

function shown(film) {
  const track = [...film.textTracks].find((each) => each.mode === "showing");
  return track ? nameOf(track) : "";
}

/** Show what was chosen last, if the film has it, and remember what is chosen from now on. */
export function showChosen(film) {
  const chosen = recall("subtitles", { language: null }).language;
  const tracks = [...film.textTracks];
  const track = tracks.find((each) => nameOf(each) === chosen);
  if (track || chosen === "") {
    tracks.forEach((each) => (each.mode = each === track ? "showing" : "disabled"));
  }
  let known = shown(film);
  film.textTracks.onchange = () => {
    // The browser tells of changes that nobody made, too.
    if (shown(film) !== known) {
      known = shown(film);
      remember("subtitles", { language: known });
    }
  };
}
