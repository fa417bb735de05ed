// A look at a content in its row.
import { announce, say } from "./words.js";

/** @param {HTMLElement} desk */
export function previewing(desk) {
  desk.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-preview]");
    if (!button) return;
    const place = button.closest("li").querySelector("[data-shown]");
    const isOpen = !place.hidden;
    if (!isOpen) {
      try {
        const answer = await fetch(button.dataset.preview);
        if (!answer.ok) throw new Error(String(answer.status));
        place.innerHTML = await answer.text();
      } catch {
        announce(say("away"));
        return;
      }
    } else {
      // A film that is not seen must not be heard.
      place.replaceChildren();
    }
    place.hidden = isOpen;
    button.setAttribute("aria-expanded", String(!isOpen));
  });
}
