// What the desk asks of the server.
import { renewToken } from "../live/token.js";
import { say } from "./words.js";

/** The token that the server wants with a change. */
export function token() {
  return renewToken(document.getElementById("desk").closest("form"));
}

/** Whoever asks is not logged in any more, or may not ask. */
export class NotLoggedIn extends Error {}

/**
 * The answer. Throws `NotLoggedIn`, and another error as long as the server does not answer as it should.
 * @param {string} address
 * @param {RequestInit} [options]
 */
export async function ask(address, options = {}) {
  // The admin sends whoever is not logged in to another address.
  const answer = await fetch(address, { ...options, redirect: "manual" });
  if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) {
    throw new NotLoggedIn(say("notLoggedIn"));
  }
  if (!answer.ok) throw new Error(say("away"));
  return answer;
}
