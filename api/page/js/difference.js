// What the plan that is shown changes against another version: in numbers, and in words crew by crew.

import { get } from "./api.js";
import { el, labelled, option } from "./elements.js";
import { hoursText, personHours, rounded, signed } from "./figures.js";
import { language, t } from "./i18n.js";
import { refusal } from "./problems.js";
import { store } from "./state.js";

const FEW_CREWS = 5;

let place = null;
let against = null; // the version to compare with; null: the one before
let shown = null; // {version, before, told, problem}

export function mountDifference(element) {
  place = element;
  store.subscribe(["plan"], read);
  store.subscribe(["plans"], draw);
  window.addEventListener("lifeline:words", draw);
  read();
}

async function read() {
  const { incident, plan } = store.get();
  if (!incident || !plan) {
    shown = null;
    return draw();
  }
  if (against !== null && against === plan.version) against = null;
  const before = against === null ? plan.version - 1 : against;
  if (before < 1) {
    shown = null;
    return draw();
  }
  const asked = `${incident.id}/${plan.version}/${before}`;
  if (shown && shown.asked === asked && !shown.problem) return undefined;
  const mine = { asked, version: plan.version, before, told: null, problem: null };
  shown = mine;
  draw();
  try {
    mine.told = await get(`/v1/incidents/${incident.id}/plans/${plan.version}/difference?before=${before}`);
  } catch (problem) {
    mine.problem = problem;
  }
  return shown === mine ? draw() : undefined;
}

function draw() {
  const { plan, plans } = store.get();
  if (!plan || plans.length < 2) return place.replaceChildren();
  const others = plans.filter((one) => one.version !== plan.version);
  const chosen = shown ? shown.before : null;
  const choice = el(
    "select",
    {
      onchange: (event) => {
        against = Number(event.target.value) || null;
        read();
      },
    },
    chosen === null ? option("", t("difference.choose"), true) : null,
    others.map((one) => option(one.version, one.version, one.version === chosen)),
  );
  place.replaceChildren(
    el("div", { class: "bar-row" }, el("h2", { class: "grow" }, t("difference.title", plan)), labelled(t("difference.against"), choice)),
    shown ? body() : "",
  );
  return undefined;
}

function body() {
  if (shown.problem) return el("p", { class: "problem" }, refusal(shown.problem));
  const { told } = shown;
  if (!told) return el("p", { class: "quiet" }, t("difference.reading"));
  const change = personHours(told.after_objective - told.before_objective);
  const figures = [
    ["cost_before", hoursText(told.before_objective)],
    ["cost_after", `${hoursText(told.after_objective)} (${signed(change, rounded)})`],
    ["jobs_moved", told.jobs_moved.length],
    ["jobs_added", told.jobs_added.length],
    ["jobs_dropped", told.jobs_dropped.length],
    ["crews_changed", told.crews_changed],
  ];
  return el(
    "div",
    {},
    el("dl", { class: "facts" }, figures.flatMap(([name, value]) => [el("dt", {}, t(`difference.${name}`)), el("dd", {}, value)])),
    told.crews.length
      ? el(
          "details",
          { open: told.crews.length <= FEW_CREWS },
          el("summary", {}, t("difference.crew_by_crew", { crews: told.crews.length })),
          el("ul", {}, told.crews.map((crew) => el("li", {}, crew.said[language()]))),
        )
      : el("p", { class: "quiet" }, t("difference.nothing")),
  );
}
