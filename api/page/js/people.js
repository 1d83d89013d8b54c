// People without each service at the instant, as numbers; and how many lack anything at all.

import { el } from "./elements.js";
import { number, t, tOr } from "./i18n.js";
import { serviceColour } from "./services.js";
import { area, at, onTime } from "./timeline.js";

const MINUTES_PER_HOUR = 60;

export function mount(place) {
  onTime((timeline, minute) => place.replaceChildren(...(timeline ? tiles(timeline, minute) : [])), ["theme"]);
}

function tiles(timeline, minute) {
  const persons = sum(timeline.districts, (row) => row.persons);
  const out = sum(timeline.districts, (row) => at(row.points, minute));
  const hours = sum(timeline.curves, (row) => area(row.points, minute)) / MINUTES_PER_HOUR;
  const told = [
    tile(t("people.any"), out, persons, "var(--ink)"),
    ...timeline.curves.map((row) =>
      tile(tOr(`service.${row.service}`, row.service), at(row.points, minute), row.persons, serviceColour(row.service)),
    ),
  ];
  return [
    el("h2", {}, t("people.title")),
    el("div", { class: "tiles" }, told),
    el("p", { class: "quiet" }, t("people.lost", { hours: number(Math.round(hours)) })),
  ];
}

function tile(name, without, of, colour) {
  const bar = el("meter", { min: 0, max: Math.max(of, 1), value: without, "aria-hidden": "true" });
  bar.style.setProperty("--bar", colour);
  return el(
    "div",
    { class: "tile" },
    el("span", {}, name),
    el("b", {}, number(without)),
    bar,
    el("small", { class: "quiet" }, t("people.of", { of: number(of) })),
  );
}

const sum = (rows, value) => rows.reduce((total, row) => total + value(row), 0);
