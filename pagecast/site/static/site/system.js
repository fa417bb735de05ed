/** The system knows what plays: for its keys, and its lock screen. */

const STEP = 10;

/** Tell it what plays, and how one goes to what stands before and after it, if anything. */
export function tell(player, section, goTo, before, after) {
  const session = navigator.mediaSession;
  if (!session || !window.MediaMetadata) {
    return;
  }
  const picture = player.poster || section.querySelector("img")?.src;
  const album = document.querySelector("h1")?.textContent.trim() ?? "";
  const title = section.querySelector("h2")?.textContent.trim() || album;
  session.metadata = new MediaMetadata({ title, album, artwork: picture ? [{ src: picture }] : [] });
  const move = (seconds) => {
    player.currentTime = Math.max(0, player.currentTime + seconds);
  };
  const doings = {
    seekbackward: ({ seekOffset }) => move(-(seekOffset || STEP)),
    seekforward: ({ seekOffset }) => move(seekOffset || STEP),
    seekto: ({ seekTime }) => move(seekTime - player.currentTime),
    previoustrack: before && (() => goTo(before)),
    nexttrack: after && (() => goTo(after)),
  };
  for (const [name, does] of Object.entries(doings)) {
    try {
      session.setActionHandler(name, does ?? null);
    } catch {
      // Not every browser knows each key.
    }
  }
}
