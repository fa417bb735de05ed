/**
 * The token that the server wants with a change; written into the form, too. It is another one since somebody
 * has logged in in another window.
 * @param {HTMLFormElement} form
 */
export function renewToken(form) {
  const cookie = document.cookie.split("; ").find((each) => each.startsWith("csrftoken="));
  const field = form.querySelector("[name=csrfmiddlewaretoken]");
  if (cookie && field) {
    field.value = cookie.slice("csrftoken=".length);
  }
  return field?.value ?? "";
}
