// The crews at the instant shown: what each does, where it goes next; on the map they are drawn by map.js.

import { clock, hour } from "./clock.js";
import { el } from "./elements.js";
import { t } from "./i18n.js";
import { store } from "./state.js";
import { doingAt, onRows } from "./visits.js";

let place = null;
let chart = null;
let drawn = "";

export function mount(element) {
  place = element;
  onRows((found) => {
    chart = found;
    drawn = "";
    draw();
  });
  store.subscribe(["minute", "selected"], draw);
  window.addEventListener("lifeline:words", () => {
    drawn = "";
    draw();
  });
}

function draw() {
  const { minute, selected } = store.get();
  const rows = chart ? chart.rows.map((row) => ({ ...row, ...doingAt(row.visits, minute) })) : [];
  // While the time plays, only a change of what somebody does is drawn.
  const now = JSON.stringify([rows.map((row) => [row.crew, row.doing, row.visit && row.visit.job]), selected]);
  if (now === drawn) return;
  drawn = now;
  if (!rows.length) return void place.replaceChildren();
  const head = ["crew", "doing", "until", "next", "jobs"].map((name) => el("th", { scope: "col", class: name === "jobs" ? "number" : "" }, t(`crews.${name}`)));
  place.replaceChildren(
    el("h2", {}, t("crews.title")),
    el("div", { class: "scroll" }, el("table", {}, el("thead", {}, el("tr", {}, head)), el("tbody", {}, rows.map((row) => line(row, minute, selected))))),
  );
}

function line(row, minute, selected) {
  const isChosen = Boolean(selected && selected.kind === "crew" && selected.id === row.crew);
  const until = row.visit ? (row.doing === "driving" ? row.visit.arrive : row.doing === "waiting" ? row.visit.start : row.visit.finish) : null;
  const left = row.visits.filter((visit) => visit.finish > minute).length;
  return el(
    "tr",
    { "aria-current": isChosen ? "true" : null },
    el("th", { scope: "row" }, el("button", { type: "button", "aria-pressed": String(isChosen), onclick: () => store.set({ selected: { kind: "crew", id: row.crew } }) }, row.crew)),
    el("td", {}, t(`crews.${row.doing}`), row.visit ? [" ", jobLink(row.visit.job)] : ""),
    el("td", {}, until === null ? "–" : soon(until, minute)),
    el("td", {}, row.next ? [jobLink(row.next.job), ` ${soon(row.next.depart, minute)}`] : "–"),
    el("td", { class: "number" }, t("crews.left_of", { left, jobs: row.visits.length })),
  );
}

// Within half a day the hour says enough.
const soon = (at, minute) => (at - minute < 720 ? hour(at) : clock(at));

const jobLink = (job) => el("button", { type: "button", class: "link", onclick: () => store.set({ selected: { kind: "job", id: job } }) }, job);
