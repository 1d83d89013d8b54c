// Districts as a table that can be sorted: people out at the instant, when all is back, hours so far.

import { clock } from "./clock.js";
import { el } from "./elements.js";
import { number, t, tOr } from "./i18n.js";
import { area, at, clearFrom, onTime } from "./timeline.js";

const MINUTES_PER_HOUR = 60;
const COLUMNS = ["district", "out", "share", "back", "hours"];

let sorted = { column: "out", isRising: false };

export function mount(place) {
  onTime((timeline, minute) => draw(place, timeline, minute));
}

function draw(place, timeline, minute) {
  if (!timeline) {
    place.replaceChildren();
    return;
  }
  const rows = timeline.districts.map((row) => told(row, minute)).sort(order);
  const focused = place.contains(document.activeElement) ? document.activeElement.dataset.column : null;
  place.replaceChildren(
    el("h2", {}, t("districts.title")),
    el("p", { class: "quiet" }, t("districts.how")),
    el(
      "table",
      {},
      el("thead", {}, el("tr", {}, COLUMNS.map((column) => head(column, () => draw(place, timeline, minute))))),
      el("tbody", {}, rows.flatMap(lines)),
    ),
  );
  if (focused) place.querySelector(`[data-column="${focused}"]`).focus();
}

function told(row, minute) {
  const out = at(row.points, minute);
  const lost = area(row.points, minute) / MINUTES_PER_HOUR;
  return {
    district: row.district,
    out,
    persons: row.persons,
    share: row.persons ? out / row.persons : 0,
    back: clearFrom(row.points),
    hours: row.persons ? lost / row.persons : 0,
    lacks: row.services
      .map((service) => ({ service: service.service, persons: at(service.points, minute) }))
      .filter((service) => service.persons),
  };
}

function order(one, other) {
  const value = (row) => (sorted.column === "back" && row.back === null ? Infinity : row[sorted.column]);
  const [first, second] = sorted.isRising ? [one, other] : [other, one];
  if (sorted.column === "district") return first.district.localeCompare(second.district);
  return value(first) - value(second) || one.district.localeCompare(other.district) || 0;
}

function head(column, redraw) {
  const isSorted = sorted.column === column;
  const sort = () => {
    sorted = { column, isRising: isSorted ? !sorted.isRising : column === "district" };
    redraw();
  };
  const sign = isSorted ? (sorted.isRising ? " ▲" : " ▼") : "";
  return el(
    "th",
    {
      scope: "col",
      class: column === "district" ? null : "number",
      "aria-sort": isSorted ? (sorted.isRising ? "ascending" : "descending") : null,
    },
    el("button", { type: "button", onclick: sort, dataset: { column } }, t(`districts.${column}`) + sign),
  );
}

function lines(row) {
  const lacks = row.lacks
    .map(({ service, persons }) => t("districts.lack", { service: tOr(`service.${service}`, service), persons: number(persons) }))
    .join(" · ");
  const back = row.back === null ? t("shell.never") : row.back === 0 ? t("districts.never_out") : clock(row.back);
  return [
    el(
      "tr",
      { class: row.out ? "is-out" : null },
      el("th", { scope: "row" }, row.district || t("districts.none")),
      el("td", { class: "number" }, number(row.out)),
      el("td", { class: "number" }, t("districts.percent", { percent: number(Math.round(row.share * 100)) })),
      el("td", { class: "number" }, back),
      el("td", { class: "number" }, t("districts.hours_value", { hours: number(Math.round(row.hours * 10) / 10) })),
    ),
    el("tr", { class: "detail" }, el("td", { class: "quiet", colspan: COLUMNS.length }, lacks)),
  ];
}
