// Files on their way in: a few at once, the others wait their turn.
import { announce, say } from "./words.js";
import { Transfer } from "./transfer.js";

const AT_ONCE = 3;

export class Uploads {
  /** @param {HTMLElement} desk @param {import("./rows.js").Rows} rows */
  constructor(desk, rows) {
    this.desk = desk;
    this.rows = rows;
    /** @type {Set<Transfer>} */
    this.transfers = new Set();
    addEventListener("online", () => this.each((transfer) => transfer.reconnect()));
  }

  each(does) {
    for (const transfer of this.transfers) does(transfer);
  }

  /** Begin with these files. @param {File[]} files */
  take(files) {
    for (const file of files) {
      const transfer = new Transfer(file, this);
      this.transfers.add(transfer);
      this.rows.append(transfer.row);
    }
    this.next();
  }

  /** Those that are not in yet, and not given up either. */
  coming() {
    return [...this.transfers].filter((transfer) => transfer.isComing);
  }

  /** Those that were not taken. */
  failed() {
    return [...this.transfers].filter((transfer) => ["failed", "refused"].includes(transfer.state));
  }

  /** Whether another one sends to this address already. @param {string} url */
  uses(url) {
    return [...this.transfers].some((transfer) => transfer.upload?.url === url);
  }

  /** Let those begin for whom there is room. */
  next() {
    const all = [...this.transfers];
    let room = AT_ONCE - all.filter((transfer) => transfer.isBusy).length;
    // Subtitles look for their film.
    const areFilmsComing = all.some((transfer) => transfer.isComing && !transfer.isCompanion);
    for (const transfer of all) {
      if (room > 0 && transfer.state === "waiting" && !(areFilmsComing && transfer.isCompanion)) {
        room -= 1;
        transfer.start();
      }
    }
    this.desk.dispatchEvent(new CustomEvent("desk:files"));
  }

  /** It is done with, for good or ill. @param {Transfer} transfer */
  forget(transfer) {
    this.transfers.delete(transfer);
    if (this.transfers.size === 0) announce(say("done"));
    this.next();
  }
}
