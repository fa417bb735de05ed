// One file on its way in, resumably (https://tus.io), and the row that shows it.
import { Upload } from "../vendor/tus.js";
import { NotLoggedIn, ask, token } from "./asking.js";
import { mark, parse } from "./rows.js";
import { announce, config, fill, percent, say, speed, timeLeft } from "./words.js";

// A proxy in between often takes no more than 100 MB at once.
const CHUNK = 64 * 2 ** 20;
// Milliseconds until it is tried again, and how often, as long as nothing gets through and the network is there.
const PAUSES = [500, 1000, 2000, 4000];
const TRIES = 40;
// The speed is that of the last seconds.
const SPAN = 4000;

export class Transfer {
  /** @param {File} file @param {import("./uploads.js").Uploads} uploads */
  constructor(file, uploads) {
    this.file = file;
    this.uploads = uploads;
    this.state = "waiting";
    this.tries = 0;
    this.sent = 0;
    this.samples = [];
    this.timer = 0;
    this.row = this.makeRow();
    this.show("waiting");
    if (file.size === 0) this.fail(say("empty", { title: file.name }), "refused");
    if (file.size > config.mostBytes) this.fail(say("tooLarge", { title: file.name }), "refused");
  }

  get isBusy() {
    return ["sending", "offline", "checking"].includes(this.state);
  }

  /** It belongs to a film, which has to be there before. */
  get isCompanion() {
    return config.companions.some((ending) => this.file.name.toLowerCase().endsWith(ending));
  }

  /** On its way, or going to be. */
  get isComing() {
    return this.isBusy || this.state === "waiting" || this.state === "paused";
  }

  makeRow() {
    const template = document.querySelector("[data-upload-row]");
    const row = template.content.firstElementChild.cloneNode(true);
    row.dataset.title = this.file.name;
    row.querySelector("[data-name]").textContent = this.file.name;
    for (const each of row.querySelectorAll("[data-label]")) {
      each.setAttribute("aria-label", fill(each.dataset.label, { title: this.file.name }));
      each.removeAttribute("data-label");
    }
    const buttons = { pause: "pause", resume: "again", again: "again", cancel: "cancel" };
    for (const [name, verb] of Object.entries(buttons)) {
      row.querySelector(`[data-${name}]`).addEventListener("click", () => this[verb]());
    }
    return row;
  }

  async start() {
    this.state = "sending";
    this.show("beginning", { percent: percent(0) });
    this.upload = new Upload(this.file, {
      endpoint: config.uploads,
      chunkSize: CHUNK,
      // We try again ourselves, for as long as it makes sense.
      retryDelays: null,
      metadata: { filename: this.file.name, filetype: this.file.type },
      onBeforeRequest: (request) => request.setHeader("X-CSRFToken", token()),
      removeFingerprintOnSuccess: true,
      onProgress: (sent, total) => this.progress(sent, total),
      onSuccess: () => this.check(),
      onError: (error) => this.stumble(error),
    });
    // The same file that broke off in an earlier visit goes on where it was.
    const earlier = await this.upload.findPreviousUploads().catch(() => []);
    const free = earlier.find((each) => each.uploadUrl && !this.uploads.uses(each.uploadUrl));
    if (free) this.upload.resumeFromPreviousUpload(free);
    if (this.state === "sending") this.upload.start();
  }

  progress(sent, total) {
    if (this.state !== "sending" && this.state !== "offline") return;
    if (sent > this.sent) this.tries = 0;
    this.state = "sending";
    this.sent = sent;
    const now = performance.now();
    this.samples = [...this.samples.filter((each) => now - each.time < SPAN), { time: now, sent }];
    this.row.querySelector("[data-progress]").value = total ? sent / total : 0;
    const first = this.samples[0];
    const seconds = (now - first.time) / 1000;
    if (seconds < 0.5 || sent <= first.sent) return this.show("beginning", { percent: percent(sent / total) });
    const rate = (sent - first.sent) / seconds;
    const left = timeLeft((total - sent) / rate);
    return this.show("sending", { percent: percent(sent / total), speed: speed(rate), left });
  }

  /** Something went wrong on the way: go on by itself if that can help. */
  stumble(error) {
    if (this.state === "paused" || this.state === "cancelled") return;
    const response = error.originalResponse;
    const status = response ? response.getStatus() : 0;
    const isPassing = status === 0 || status >= 500 || [408, 409, 423, 429].includes(status);
    if (isPassing && status !== 507 && this.canHope()) {
      this.wait(() => this.upload.start());
    } else {
      this.fail(reasonOf(status, response?.getBody()), status === 413 ? "refused" : "failed");
    }
  }

  /** Whether it may get through by itself. */
  canHope() {
    return this.tries < TRIES || !navigator.onLine;
  }

  wait(again) {
    this.state = "offline";
    this.samples = [];
    this.retry = again;
    this.show("offline", { percent: percent(this.sent / this.file.size) });
    this.timer = setTimeout(() => this.reconnect(), PAUSES[Math.min(this.tries, PAUSES.length - 1)]);
    this.tries += 1;
  }

  reconnect() {
    if (this.state !== "offline") return;
    clearTimeout(this.timer);
    this.retry();
  }

  /** All bytes are there: what have they become? */
  async check() {
    this.state = "checking";
    this.row.querySelector("[data-progress]").removeAttribute("value");
    this.show("checking");
    const form = new FormData();
    form.set("upload", this.upload.url.replace(/\/$/, "").split("/").pop());
    if (this.isCompanion) for (const content of this.uploads.rows.contents()) form.append("beside", content);
    let answer;
    try {
      const headers = { "X-CSRFToken": token() };
      answer = await (await ask(config.take, { method: "POST", body: form, headers })).json();
    } catch (error) {
      if (this.state !== "checking") return;
      if (error instanceof NotLoggedIn || !this.canHope()) this.fail(error.message, "failed");
      else this.wait(() => this.check());
      return;
    }
    if (this.state === "cancelled") return;
    if (answer.refused) this.fail(answer.refused, "refused");
    else this.taken(answer);
  }

  taken({ content, title, row }) {
    const { rows } = this.uploads;
    this.state = "taken";
    const there = rows.of(content);
    if (there) {
      // Subtitles have gone to their film, which has its row.
      const hadFocus = this.row.contains(document.activeElement);
      rows.drop(this.row);
      if (hadFocus) there.querySelector("[data-handle]").focus();
      mark(there);
    } else {
      rows.become(this.row, parse(row));
    }
    announce(say("taken", { title }));
    this.uploads.forget(this);
  }

  fail(reason, state) {
    this.state = state;
    this.tell(reason);
    announce(state === "refused" ? `${say("refused", { title: this.file.name })} ${reason}` : reason);
    this.uploads.next();
  }

  pause() {
    this.state = "paused";
    clearTimeout(this.timer);
    this.upload?.abort();
    this.samples = [];
    this.show("paused", { percent: percent(this.sent / this.file.size) });
    this.row.querySelector("[data-resume]").focus();
    this.uploads.next();
  }

  again() {
    this.tries = 0;
    const isHere = this.upload?.url && this.sent === this.file.size;
    this.state = "waiting";
    this.show("waiting");
    if (isHere) this.check();
    else this.uploads.next();
    this.row.querySelector("[data-handle]").focus();
  }

  cancel() {
    const isThere = this.state !== "refused";
    this.state = "cancelled";
    clearTimeout(this.timer);
    // What is there of it goes now; if nobody hears of that, it expires.
    this.upload?.abort(isThere).catch(() => {});
    const next = this.row.nextElementSibling ?? this.row.previousElementSibling;
    this.uploads.rows.drop(this.row);
    (next?.querySelector("[data-handle]") ?? document.querySelector("[data-files]")).focus();
    this.uploads.forget(this);
  }

  show(name, parts = {}) {
    this.tell(say(name, parts));
  }

  tell(text) {
    const isOver = this.state === "failed" || this.state === "refused";
    this.row.dataset.state = this.state;
    this.row.querySelector("[data-told]").textContent = text;
    this.row.querySelector("[data-progress]").hidden = isOver;
    this.row.querySelector("[data-pause]").hidden = !["sending", "offline", "waiting"].includes(this.state);
    this.row.querySelector("[data-resume]").hidden = this.state !== "paused";
    this.row.querySelector("[data-again]").hidden = this.state !== "failed";
    // What becomes of it is being decided: a moment later the row can be taken off.
    this.row.querySelector("[data-cancel]").hidden = this.state === "checking";
  }
}

function reasonOf(status, body) {
  if (status === 401 || status === 403) return say("notLoggedIn");
  let detail = "";
  try {
    detail = JSON.parse(body || "{}").detail ?? "";
  } catch {
    // A proxy has answered, in HTML.
  }
  if (status === 413 && !detail) return say("proxy");
  return detail || say("failed", { reason: status || say("away") });
}
