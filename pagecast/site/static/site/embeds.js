/** Players of other sites, in place of links to them. Nothing is asked of these sites before the click. */

const ALLOWED = "autoplay; encrypted-media; picture-in-picture";
// All that players do, and no leading our page elsewhere.
const SANDBOX =
  "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox allow-presentation " +
  "allow-orientation-lock";

function frameFor(link) {
  const frame = document.createElement("iframe");
  const heading = link.closest(".content")?.querySelector("h2");
  frame.className = "embedded";
  frame.title = (heading ?? link).textContent.trim();
  frame.allow = ALLOWED;
  frame.allowFullscreen = true;
  // Some play only where they are told who shows them; which page it is, is nobody's business.
  frame.referrerPolicy = "strict-origin-when-cross-origin";
  frame.setAttribute("sandbox", SANDBOX);
  frame.src = link.dataset.embed;
  return frame;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-embed]");
  const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  if (!link || !isPlain || !link.dataset.embed.startsWith("https://")) {
    return;
  }
  event.preventDefault();
  document.querySelectorAll("video, audio").forEach((player) => player.pause());
  const frame = frameFor(link);
  link.replaceWith(frame);
  frame.focus();
});
