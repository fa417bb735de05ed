/* The front page brings itself up to date once a minute, while somebody looks at it and does nothing on it. */

const EVERY = 60_000;

/** Fetch the page again, and put what it shows now into the place of what is shown. */
async function renew() {
  const shown = document.getElementById("front");
  const isUsed = shown.contains(document.activeElement) || shown.querySelector("details[open]");
  if (document.hidden || isUsed) return;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("front");
    // After a log out another page comes: what is shown stays until it is opened again.
    if (answer.ok && fresh) shown.replaceWith(fresh);
  } catch {
    // The server is away; the next time it may be there.
  }
}

setInterval(renew, EVERY);
