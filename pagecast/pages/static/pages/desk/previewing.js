// A look at a content in its row.
import { NotLoggedIn, ask } from "./asking.js";
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
        place.innerHTML = await (await ask(button.dataset.preview)).text();
      } catch (error) {
        const text = error instanceof NotLoggedIn ? error.message : say("away");
        place.textContent = text;
        announce(text);
      }
    } else {
      // A film that is not seen must not be heard.
      place.replaceChildren();
    }
    place.hidden = isOpen;
    button.setAttribute("aria-expanded", String(!isOpen));
  });
}
