// The panel of one job: why the plan does it when it does, in the page's language, and what it would cost otherwise.

import { get } from "./api.js";
import { clock } from "./clock.js";
import { el } from "./elements.js";
import { number, language, t, tOr } from "./i18n.js";
import { openOrders } from "./gantt_orders.js";
import { refusal } from "./problems.js";
import { store } from "./state.js";
import { onRows } from "./visits.js";

let place = null;
let shown = null; // {asked, job, told, problem}
let chart = null;

export function mount(element) {
  place = element;
  place.className = "job-panel";
  onRows((found) => {
    chart = found;
    if (!place.contains(document.activeElement)) draw();
  });
  store.subscribe(["selected", "plan"], read);
  window.addEventListener("lifeline:words", draw);
  read();
}

async function read() {
  const { incident, plan, selected } = store.get();
  if (!selected || selected.kind !== "job") {
    shown = null;
    return draw();
  }
  const asked = `${incident ? incident.id : ""}/${plan ? plan.version : ""}/${selected.id}`;
  if (shown && shown.asked === asked) return undefined;
  const mine = { asked, job: selected.id, told: null, problem: null };
  shown = mine;
  draw();
  if (!incident || !plan) return undefined;
  const job = selected.id.split("/").map(encodeURIComponent).join("/");
  try {
    mine.told = await get(`/v1/incidents/${incident.id}/plans/${plan.version}/explanations/${job}`);
  } catch (problem) {
    mine.problem = problem;
  }
  return shown === mine ? draw() : undefined;
}

function draw() {
  place.hidden = !shown;
  if (!shown) return place.replaceChildren();
  const component = visit() ? visit().component : shown.job.split("/")[0];
  place.replaceChildren(
    el(
      "div",
      { class: "bar-row" },
      el("h2", { class: "grow" }, t("job.title", shown)),
      el("button", { type: "button", "aria-label": t("shell.close"), onclick: () => store.set({ selected: null }) }, "✕"),
    ),
    body(),
    el(
      "div",
      { class: "bar-row wrap" },
      visit() ? el("button", { type: "button", onclick: () => openOrders(visit(), chart) }, t("job.orders")) : "",
      el("button", { type: "button", onclick: () => store.set({ selected: { kind: "component", id: component } }) }, t("job.component", { component })),
      visit() ? el("button", { type: "button", onclick: () => store.set({ minute: visit().start, follows: false }) }, t("job.go")) : "",
    ),
  );
  return undefined;
}

const visit = () => (chart ? chart.rows.flatMap((row) => row.visits).find((one) => one.job === shown.job) : undefined);

function body() {
  const { told, problem } = shown;
  if (problem) return el("p", { class: "problem" }, problem.status === 404 ? t("job.not_in_plan") : refusal(problem));
  if (!store.get().plan) return el("p", { class: "quiet" }, t("job.no_plan"));
  if (!told) return el("p", { class: "quiet" }, t("job.reading"));
  return el("div", {}, facts(told), el("ul", { class: "sentences" }, told.sentences[language()].map((one) => el("li", {}, one))));
}

function facts(told) {
  const rows = [];
  if (told.in_plan) {
    rows.push(["crew", told.crew], ["when", `${clock(told.start)} – ${clock(told.finish)}`]);
    const since = visit() ? visit().accepted_minute : null;
    if (typeof since === "number") rows.push(["accepted", clock(since)]);
    for (const [service, persons] of Object.entries(told.persons_back)) {
      if (persons) rows.push(["back", t("job.persons", { persons: number(persons), service: tOr(`sector.${service}`, service) })]);
    }
    if (told.delay && told.delay.price) {
      const hours = number(Math.round(told.delay.price.person_minutes / 60));
      rows.push(["delay", t("job.delay_costs", { minutes: told.delay.minutes, hours })]);
    }
  }
  return el("dl", { class: "facts" }, rows.flatMap(([name, value]) => [el("dt", {}, t(`job.${name}`)), el("dd", {}, value)]));
}
