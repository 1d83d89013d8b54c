// The base and its variants side by side: figures and how sure they are, curves, districts, critical facilities.

import { clock, dayAndHour } from "./clock.js";
import { el, enlarged, labelled, option } from "./elements.js";
import { gapText, personHours, rounded, signed } from "./figures.js";
import { duration, number, t, tOr } from "./i18n.js";
import { stepChart } from "./step_chart.js";

const MOST_DISTRICTS = 30;

let service = null;

export function drawAnswer(place, told) {
  if (!told) return place.replaceChildren();
  const columns = [
    { name: t("whatif.base"), result: told.base, difference: null, refused: null },
    ...told.variants.map((one) => ({ ...one })),
  ];
  const redraw = () => drawAnswer(place, told);
  return place.replaceChildren(
    el("h2", {}, t("whatif.answer")),
    figures(columns),
    curves(columns, told, place.clientWidth, redraw),
    districts(columns),
    facilities(columns),
  );
}

const name = (column, index) => el("th", { scope: "col", class: "number" }, el("span", { class: `key line-${index}` }, column.name));

function table(corner, columns, rows) {
  return el(
    "div",
    { class: "scroll" },
    el("table", { class: "compare" }, el("thead", {}, el("tr", {}, el("th", { scope: "col" }, corner), columns.map(name))), el("tbody", {}, rows)),
  );
}

const line = (title, columns, say) =>
  el("tr", {}, el("th", { scope: "row" }, title), columns.map((column) => el("td", { class: "number" }, column.result ? say(column) : "–")));

function figures(columns) {
  const back = ({ result }) => (result.everybody_back_minute === null ? t("whatif.not_in_horizon") : clock(result.everybody_back_minute));
  const rows = [
    line(t("whatif.cost"), columns, ({ result }) => rounded(personHours(result.objective))),
    line(t("whatif.change"), columns, ({ difference }) => (difference ? signed(personHours(difference.objective), rounded) : "–")),
    line(t("whatif.sure"), columns, ({ difference }) => (difference ? t(`whatif.sure_${difference.how_sure}`) : "–")),
    line(t("whatif.gap"), columns, ({ result }) => gapText(result.objective, result.bound, "short")),
    line(t("whatif.back"), columns, back),
    line(t("whatif.finish"), columns, ({ result }) => clock(result.finish_minute)),
    line(t("whatif.worst"), columns, ({ result }) => result.worst_district || "–"),
    line(t("whatif.crews_jobs"), columns, ({ result }) => t("whatif.crews_and_jobs", { crews: number(result.crews), jobs: number(result.jobs) })),
    line(t("whatif.undoable"), columns, ({ result }) => number(result.unassignable.length)),
  ];
  const refused = columns.filter((column) => column.refused);
  const late = columns.filter(({ difference }) => difference && difference.how_sure === "not_worked_out");
  return el(
    "div",
    {},
    table(t("whatif.figure"), columns, rows),
    refused.map((column) => el("p", { class: "problem" }, t("whatif.refused", { name: column.name, why: column.refused }))),
    late.length ? el("p", { class: "problem" }, t("whatif.not_worked_out", { names: late.map((column) => column.name).join(", ") })) : "",
  );
}

function curves(columns, told, width, redraw) {
  const services = told.base.curve.map((one) => one.service);
  if (!services.length) return "";
  if (!services.includes(service)) service = services[0];
  const series = columns.flatMap((column, index) => {
    const curve = column.result && column.result.curve.find((one) => one.service === service);
    return curve ? [{ name: column.name, points: curve.points, className: `line-${index}` }] : [];
  });
  const last = Math.max(...columns.filter((one) => one.result).map((one) => one.result.everybody_back_minute || one.result.finish_minute), 60);
  const chart = stepChart({
    series,
    ends: Math.min(told.horizon_minutes, Math.ceil((last * 1.05) / 60) * 60),
    width: Math.max(320, width - 4),
    height: 230 * enlarged(),
    x: dayAndHour,
    xTitle: t("whatif.time_axis"),
    yTitle: t("whatif.people_axis"),
    label: t("whatif.curves"),
  });
  const choice = el(
    "select",
    { onchange: (event) => ((service = event.target.value), redraw()) },
    services.map((one) => option(one, tOr(`sector.${one}`, one), one === service)),
  );
  return el(
    "div",
    {},
    el("div", { class: "bar-row" }, el("h3", { class: "grow" }, t("whatif.curves")), labelled(t("whatif.service"), choice)),
    chart,
    el("p", { class: "keys small" }, columns.map((column, index) => (column.result ? el("span", { class: `key line-${index}` }, column.name) : ""))),
  );
}

function districts(columns) {
  const base = columns[0].result.by_district;
  const names = Object.keys(base).sort((one, other) => base[other] - base[one] || one.localeCompare(other));
  if (!names.length) return "";
  const hours = (minutes) => rounded(minutes / 60);
  const rows = names.slice(0, MOST_DISTRICTS).map((district) =>
    line(district || t("whatif.no_district"), columns, ({ result, difference }) => {
      const change = difference ? difference.by_district[district] || 0 : 0;
      const told = hours(result.by_district[district] || 0);
      return change ? `${told} (${signed(change, hours)})` : told;
    }),
  );
  return el(
    "div",
    {},
    el("h3", {}, t("whatif.districts")),
    table(t("whatif.district"), columns, rows),
    names.length > MOST_DISTRICTS ? el("p", { class: "quiet small" }, t("whatif.more_districts", { districts: names.length - MOST_DISTRICTS })) : "",
  );
}

function facilities(columns) {
  const all = [...new Set(columns.flatMap((column) => (column.result ? column.result.facilities.map((one) => one.customer) : [])))].sort();
  if (!all.length) return "";
  const rows = all.map((customer) =>
    line(customer, columns, ({ result }) => {
      const found = result.facilities.find((one) => one.customer === customer);
      return found ? duration(found.down_minutes) : "–";
    }),
  );
  return el("div", {}, el("h3", {}, t("whatif.facilities")), table(t("whatif.facility"), columns, rows));
}
