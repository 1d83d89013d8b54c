// Minutes after an incident's time zero, said as a clock on the wall of the place would.

import { language, t } from "./i18n.js";
import { store } from "./state.js";

// The offset of the place's clock, in minutes: the timeline tells time zero in local time.
function offset(text) {
  const found = /([+-])(\d\d):(\d\d)$/.exec(text || "");
  return found ? (found[1] === "-" ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3])) : 0;
}

function start() {
  const { timeline, incident } = store.get();
  return (timeline && timeline.started_at) || (incident && incident.started_at) || null;
}

function shown(minute, options) {
  const zero = start();
  if (zero === null) return "";
  const moment = new Date(Date.parse(zero) + (minute + offset(zero)) * 60_000);
  const locale = language() === "zh" ? "zh-CN" : "en-GB";
  return new Intl.DateTimeFormat(locale, { ...options, timeZone: "UTC", hourCycle: "h23" }).format(moment);
}

// "Mon 2 Mar 09:30"
export const clock = (minute) =>
  shown(minute, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

// "09:30", for axes and tables where the day is clear.
export const hour = (minute) => shown(minute, { hour: "2-digit", minute: "2-digit" });

// "Mon 09:30", for axes of some days.
export const dayAndHour = (minute) => shown(minute, { weekday: "short", hour: "2-digit", minute: "2-digit" });

// The minute of the incident at a moment.
export const minuteOf = (moment) => (Date.parse(moment) - Date.parse(start())) / 60_000;

// Minutes since midnight on the place's clock.
export function dayMinute(minute) {
  const [hours, minutes] = hour(minute).split(":").map(Number);
  return 60 * (hours || 0) + (minutes || 0);
}

// "2026-03-02 09:30": what Plotly takes for a place on a time axis.
export function axisTime(minute) {
  const zero = start();
  if (zero === null) return minute;
  return new Date(Date.parse(zero) + (minute + offset(zero)) * 60_000).toISOString().slice(0, 16).replace("T", " ");
}

// The minute of the incident it is now, by this machine's clock.
export function minuteNow() {
  const zero = start();
  return zero === null ? 0 : Math.max(0, Math.floor((Date.now() - Date.parse(zero)) / 60_000));
}

// "UTC+08:00", for whoever watches from another place.
export function zone() {
  const minutes = offset(start());
  const two = (value) => String(Math.floor(Math.abs(value))).padStart(2, "0");
  return t("shell.zone", { zone: `${minutes < 0 ? "−" : "+"}${two(minutes / 60)}:${two(minutes % 60)}` });
}
