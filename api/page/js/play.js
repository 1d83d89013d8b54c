// The slider from the shock to full recovery, and play: everything is in the timeline, so no step asks the service.

import { clock, minuteNow } from "./clock.js";
import { el } from "./elements.js";
import { duration, t } from "./i18n.js";
import { store } from "./state.js";
import { onTime } from "./timeline.js";

const WHOLE_RUN_SECONDS = 30;
const SPEEDS = [0.5, 1, 2, 4];

let parts = null;
let playing = null; // {frame, minute, moment} while it plays
let speed = 1;

export function mount(element) {
  parts = {
    play: el("button", { type: "button", id: "play-button", class: "main", onclick: toggle }),
    start: el("button", { type: "button", onclick: () => show(0) }),
    now: el("button", { type: "button", onclick: follow }),
    speed: el("select", { onchange: (event) => (speed = Number(event.target.value)) }),
    slider: el("input", { type: "range", id: "slider", min: 0, step: 1, oninput: slide }),
    mark: el("span", { class: "now-mark" }),
    first: el("span", {}),
    last: el("span", {}),
    told: el("output", { id: "instant", for: "slider" }),
  };
  parts.speed.append(...SPEEDS.map((value) => el("option", { value, selected: value === 1 }, `${value}×`)));
  element.append(
    parts.play,
    parts.start,
    el("div", { class: "track" }, parts.slider, parts.mark, el("div", { class: "ends" }, parts.first, parts.told, parts.last)),
    parts.now,
    parts.speed,
  );
  onTime(draw, ["follows"]);
}

function draw(timeline, minute) {
  parts.start.textContent = t("play.start");
  parts.now.textContent = t("play.now");
  parts.play.textContent = t(playing ? "play.pause" : "play.play");
  parts.play.setAttribute("aria-label", t(playing ? "play.pause_label" : "play.play_label"));
  parts.speed.setAttribute("aria-label", t("play.speed"));
  parts.slider.setAttribute("aria-label", t("play.slider"));
  for (const control of [parts.play, parts.start, parts.now, parts.speed, parts.slider]) control.disabled = !timeline;
  if (!timeline) return;
  const now = minuteNow();
  const isPast = now > timeline.end_minute;
  parts.slider.max = timeline.end_minute;
  parts.slider.value = minute;
  parts.slider.setAttribute("aria-valuetext", clock(minute));
  parts.now.setAttribute("aria-pressed", String(store.get().follows));
  parts.now.disabled = isPast;
  parts.mark.hidden = isPast;
  parts.mark.title = t("play.now");
  parts.mark.style.setProperty("--part", String(now / timeline.end_minute));
  parts.first.textContent = t("play.shock");
  parts.last.textContent = clock(timeline.end_minute);
  parts.told.textContent = t(minute > now ? "play.promised" : "play.since", { clock: clock(minute), after: duration(minute) });
}

function show(minute) {
  stop();
  store.set({ minute, follows: false });
}

function slide() {
  show(Number(parts.slider.value));
}

function follow() {
  stop();
  const { timeline } = store.get();
  store.set({ follows: true, minute: Math.min(minuteNow(), timeline.end_minute) });
}

function toggle() {
  if (playing) {
    stop();
    return;
  }
  const { timeline, minute } = store.get();
  const from = minute >= timeline.end_minute ? 0 : minute;
  playing = { minute: from, moment: performance.now(), frame: 0 };
  store.set({ follows: false, minute: from });
  draw(timeline, from);
  playing.frame = window.requestAnimationFrame(step);
}

// For whoever has just loaded a story: the shock, and then how the city recovers.
export function playFromTheShock() {
  show(0);
  toggle();
}

function step(moment) {
  const { timeline } = store.get();
  if (!playing || !timeline) return;
  const part = (moment - playing.moment) / 1000 / WHOLE_RUN_SECONDS;
  playing.minute = Math.min(playing.minute + Math.max(0, part) * speed * timeline.end_minute, timeline.end_minute);
  playing.moment = moment;
  store.set({ minute: Math.floor(playing.minute) });
  if (playing.minute >= timeline.end_minute) stop();
  else playing.frame = window.requestAnimationFrame(step);
}

function stop() {
  if (!playing) return;
  window.cancelAnimationFrame(playing.frame);
  playing = null;
  const { timeline, minute } = store.get();
  draw(timeline, minute);
}
