// How good a plan is, in the units people speak of.

import { number, t } from "./i18n.js";

const MILLI_MINUTES_AN_HOUR = 60_000; // Objectives are persons × weight in thousandths × minutes.

export const personHours = (objective) => objective / MILLI_MINUTES_AN_HOUR;

// "12,350 person-hours"; small ones with a digit after the point.
export function hoursText(objective) {
  if (objective === null || objective === undefined) return t("figures.unknown");
  return t("figures.person_hours", { hours: rounded(personHours(objective)) });
}

export const rounded = (hours) => number(Math.abs(hours) < 100 ? Math.round(hours * 10) / 10 : Math.round(hours));

// The part of a plan's cost that a better one might still save.
export function gapText(objective, bound, length = "gap") {
  if (bound === null || bound === undefined) return t("figures.no_bound");
  if (objective <= bound) return t("figures.optimal");
  const part = (objective - bound) / objective;
  return t(`figures.${length}`, { percent: number(Math.ceil(part * 1000) / 10) });
}

// "+120" and "−35", never "-35".
export const signed = (value, said = number) => (value > 0 ? `+${said(value)}` : value < 0 ? `−${said(-value)}` : said(0));
