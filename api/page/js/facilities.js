// Critical facilities: up or down, what they lack, how long their buffers last, when they are whole again.

import { clock } from "./clock.js";
import { el } from "./elements.js";
import { duration, number, t, tOr } from "./i18n.js";
import { store } from "./state.js";
import { at, bufferLeft, clearFrom, onTime } from "./timeline.js";

const MOST_OTHERS = 30;

export function mount(place) {
  onTime((timeline, minute) => {
    if (!timeline) place.replaceChildren();
    else place.replaceChildren(el("h2", {}, t("facilities.title")), ...cards(timeline, minute), ...others(timeline, minute));
  });
}

function cards(timeline, minute) {
  if (!timeline.facilities.length) return [el("p", { class: "empty" }, t("facilities.none"))];
  const rows = timeline.facilities.map((row) => told(row, minute));
  // The most pressing first: down, then on a buffer by what is left, then lacking something, then well.
  rows.sort((one, other) => one.rank - other.rank || one.left - other.left || one.name.localeCompare(other.name));
  return [el("div", { class: "facilities" }, rows.map(card))];
}

// Batteries and tanks of the networks themselves that drain at this instant, the emptiest first.
function others(timeline, minute) {
  const draining = timeline.buffers
    .filter((buffer) => !at(buffer.provided, minute))
    .map((buffer) => ({ ...buffer, left: bufferLeft(buffer, minute) }))
    .filter((buffer) => buffer.left)
    .sort((one, other) => one.left - other.left || one.component.localeCompare(other.component));
  if (!draining.length) return [];
  const rest = draining.length - MOST_OTHERS;
  return [
    el("h2", {}, t("facilities.others")),
    ...draining.slice(0, MOST_OTHERS).map((buffer) =>
      el(
        "div",
        { class: "buffer" },
        el("button", { type: "button", class: "link", onclick: () => store.set({ selected: { kind: "component", id: buffer.component } }) }, buffer.component),
        " ",
        t("facilities.lasts", { left: duration(buffer.left), clock: clock(minute + buffer.left) }),
        el("meter", { min: 0, max: buffer.minutes, value: buffer.left, "aria-hidden": "true" }),
      ),
    ),
    rest > 0 ? el("p", { class: "quiet" }, t("facilities.more", { number: number(rest) })) : "",
  ];
}

function told(row, minute) {
  const lacks = row.lacks.filter((service) => at(service.points, minute)).map(({ service }) => service);
  const buffers = row.buffers.map((buffer) => ({
    service: buffer.group.replace(/ \d+$/, ""),
    minutes: buffer.minutes,
    left: bufferLeft(buffer, minute),
    drains: !at(buffer.provided, minute),
  }));
  // A customer that is only marked critical is not known to be down: it lacks something.
  const isUp = !row.up || Boolean(at(row.up, minute));
  const left = Math.min(...buffers.filter((buffer) => buffer.drains).map((buffer) => buffer.left));
  const status = !isUp ? "down" : left < Infinity ? "buffer" : lacks.length ? "lacking" : "up";
  const downs = row.up ? row.up.map(([since, works]) => [since, 1 - works]) : [];
  return {
    ...row,
    name: row.name || row.customer,
    lacks,
    buffers,
    left,
    status,
    rank: ["down", "buffer", "lacking", "up"].indexOf(status),
    ends: left < Infinity ? minute + left : null,
    back: clearFrom(lacks.length ? longest(row.lacks) : downs),
  };
}

// The service that comes back last.
function longest(services) {
  const ends = services.map(({ points }) => points);
  return ends.find((points) => clearFrom(points) === null) || ends.sort((one, other) => clearFrom(other) - clearFrom(one))[0];
}

function card(row) {
  return el(
    "article",
    { class: "facility", dataset: { status: row.status } },
    el(
      "header",
      {},
      el("h3", {}, row.name),
      el("span", { class: "status" }, t(`facilities.${row.status}`)),
    ),
    el(
      "p",
      { class: "quiet" },
      t("facilities.about", {
        kind: tOr(`kind.${row.kind}`, row.kind),
        district: row.district || t("districts.none"),
        persons: number(row.persons),
      }),
    ),
    row.lacks.length
      ? el("p", {}, t("facilities.lacks", { services: row.lacks.map((name) => tOr(`service.${name}`, name)).join(", ") }))
      : null,
    row.buffers.map(meter),
    row.status === "up" ? null : el("p", {}, row.back === null ? t("facilities.never") : t("facilities.back", { clock: clock(row.back) })),
  );
}

function meter(buffer) {
  const name = tOr(`service.${buffer.service}`, buffer.service);
  const text = t(buffer.drains ? "facilities.drains" : "facilities.full", { service: name, left: duration(buffer.left) });
  return el(
    "label",
    { class: "buffer" },
    el("span", {}, text),
    el("meter", { min: 0, max: buffer.minutes, low: buffer.minutes / 4, value: buffer.left }),
  );
}
