/** What players have beside the browser's own controls. Which tools, says `<template id="player-tools">`. */
import { recall, remember } from "./memory.js";
import { keep, placeOf } from "./places.js";
import { showChosen } from "./subtitles.js";
import { tell } from "./system.js";

const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2];

const players = [...document.querySelectorAll("video, audio")];
const number = new Intl.NumberFormat(document.documentElement.lang || "en");

const sectionOf = (player) => player.closest(".content") ?? player.parentElement;
const tool = (name, place = document) => place.querySelectorAll(`[data-tool=${name}]`);
const neighbour = (player, distance) => players[players.indexOf(player) + distance];

// It may want a click first, and the browser's controls have one. Where it cannot play, it tells of an error.
const play = (player) => player.play().catch(() => {});

function goTo(player) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  sectionOf(player).scrollIntoView({ behavior: calm ? "auto" : "smooth" });
  play(player);
}

const speed = () => SPEEDS.find((each) => each === recall("speed", 1)) ?? 1;

function setSpeed() {
  for (const player of players) {
    player.defaultPlaybackRate = player.playbackRate = speed();
  }
  tool("speed").forEach((select) => (select.value = speed()));
}

function choose(wanted) {
  if (SPEEDS.includes(wanted) && wanted !== speed()) {
    remember("speed", wanted);
    setSpeed();
  }
}

async function togglePicture(player) {
  try {
    if (document.pictureInPictureElement === player) {
      await document.exitPictureInPicture();
    } else {
      // There is no picture before the film is there.
      await (player.readyState || player.play());
      await player.requestPictureInPicture();
    }
  } catch {
    // The browser does not want to.
  }
}

const TOOLS = {
  speed(select) {
    select.append(...SPEEDS.map((each) => new Option(`${number.format(each)}×`, each)));
    select.addEventListener("change", () => choose(Number(select.value)));
  },
  picture(button, player) {
    if (player.localName !== "video" || !document.pictureInPictureEnabled) {
      button.remove();
    }
    button.addEventListener("click", () => togglePicture(player));
  },
  follow(box, player) {
    if (!neighbour(player, 1)) {
      box.closest("label").remove();
    }
    box.checked = recall("follow", false);
    box.addEventListener("change", () => {
      remember("follow", box.checked);
      tool("follow").forEach((each) => (each.checked = box.checked));
    });
  },
  again(button, player) {
    button.addEventListener("click", () => {
      button.hidden = true;
      player.currentTime = 0;
      player.focus();
      play(player);
    });
  },
  retry(button, player) {
    button.addEventListener("click", () => {
      player.focus();
      player.load();
      play(player);
    });
  },
};

function equip(player) {
  const tools = sectionOf(player).querySelector("[data-tools]");
  const template = document.getElementById("player-tools");
  if (tools && template) {
    tools.replaceChildren(template.content.cloneNode(true));
    for (const [name, make] of Object.entries(TOOLS)) {
      tool(name, tools).forEach((each) => make(each, player));
    }
    tools.hidden = false;
  }
}

/** The film or sound is there. */
function begin(player) {
  const place = placeOf(player);
  if (place) {
    player.currentTime = place;
    tool("again", sectionOf(player)).forEach((button) => (button.hidden = false));
  }
  showChosen(player);
}

/** Not every browser says so itself. */
function sayBroken(player, isBroken) {
  tool("broken", sectionOf(player)).forEach((words) => (words.hidden = !isBroken));
}

const HAPPENINGS = {
  play(player) {
    players.filter((each) => each !== player).forEach((each) => each.pause());
    tell(player, sectionOf(player), goTo, neighbour(player, -1), neighbour(player, 1));
  },
  timeupdate: (player) => player.paused || keep(player, false),
  seeked: keep,
  pause: keep,
  error(player) {
    keep(player);
    sayBroken(player, true);
  },
  // It is tried again, and goes on where it was.
  emptied: (player) => sayBroken(player, false),
  loadedmetadata: begin,
  async ended(player) {
    const next = neighbour(player, 1);
    if (next && recall("follow", false)) {
      if (document.fullscreenElement === player) {
        await document.exitFullscreen().catch(() => {});
      }
      goTo(next);
    }
  },
  // The browser's own menu has speeds, too.
  ratechange: (player) => player.readyState && choose(player.playbackRate),
};

players.forEach(equip);
setSpeed();
for (const player of players) {
  for (const [name, does] of Object.entries(HAPPENINGS)) {
    player.addEventListener(name, () => does(player));
  }
  // It may be quicker than we are.
  if (player.readyState) {
    begin(player);
  }
  if (player.error) {
    sayBroken(player, true);
  }
  if (!player.paused) {
    HAPPENINGS.play(player);
  }
}
addEventListener("pagehide", () => players.filter((each) => !each.paused).forEach((each) => keep(each)));
