// Ask for a plan, watch it, compare it, approve it: the first view of the tab "Plan".

import { post } from "./api.js";
import { mountDifference } from "./difference.js";
import { button, el, labelled, option } from "./elements.js";
import { t } from "./i18n.js";
import { refusal } from "./problems.js";
import { onOrders, orders } from "./orders.js";
import { mountPlanOrders } from "./plan_orders.js";
import { store } from "./state.js";
import { mountVersions } from "./versions.js";
import { mountWatching, watch } from "./watching.js";

const METHODS = ["auto", "local_search", "cp_sat", "bundles"];
const RULES = { power: ["connectivity", "flow"], water: ["connectivity", "flow"], gas: ["connectivity", "flow"] };
const SECONDS = 10;

let place = null;
let asked = null; // what stands in the form, so that a change of language loses nothing
let problem = null;

export function mount(element) {
  place = element;
  const parts = ["form", "watching", "versions", "orders", "difference"].map((name) => el("div", { class: `plan-${name}` }));
  place.append(...parts);
  mountWatching(parts[1]);
  mountVersions(parts[2]);
  mountPlanOrders(parts[3]);
  mountDifference(parts[4]);
  store.subscribe(["incident"], drawIfOther);
  onOrders(drawIfOther);
  window.addEventListener("lifeline:words", drawForm);
  drawForm();
}

// Every event reads the incident again; who is typing here is not disturbed by that.
let drawnFor = "";

function drawIfOther() {
  const { incident } = store.get();
  const now = incident ? `${incident.id}/${incident.is_closed}/${orders().length}` : "";
  if (now !== drawnFor) drawForm();
  drawnFor = now;
}

const usual = () => ({ seconds: SECONDS, method: "auto", seed: 0, keep: "approved", isUrgent: false, rules: {} });

function drawForm() {
  const ground = place.querySelector(".plan-form");
  const { incident } = store.get();
  const isOpen = Boolean(ground.querySelector("details[open]"));
  asked = asked || usual();
  if (!incident || incident.is_closed) {
    ground.replaceChildren(el("h2", {}, t("planning.title")), el("p", { class: "empty" }, t(incident ? "planning.closed" : "planning.no_incident")));
    return;
  }
  const given = orders().length;
  const field = (name, type, more) =>
    el("input", { type, value: asked[name], onchange: (event) => (asked[name] = Number(event.target.value)), ...more });
  const choose = (name, names) =>
    el(
      "select",
      { onchange: (event) => (asked[name] = event.target.value) },
      names.map((one) => option(one, t(`planning.${name}_${one}`), one === asked[name])),
    );
  ground.replaceChildren(
    el("h2", {}, t("planning.title")),
    el(
      "form",
      { class: "bar-row wrap", onsubmit: (event) => event.preventDefault() },
      labelled(t("planning.within"), field("seconds", "number", { min: 1, max: 600, step: 1, class: "short" })),
      el("span", { class: "unit" }, t("planning.seconds_unit")),
      button(t(given ? "planning.start_with_orders" : "planning.start", { orders: given }), start, { class: "main", id: "start-plan" }),
    ),
    el(
      "details",
      { open: isOpen },
      el("summary", {}, t("planning.more")),
      el(
        "div",
        { class: "fields" },
        labelled(t("planning.method"), choose("method", METHODS)),
        labelled(t("planning.seed"), field("seed", "number", { min: 0, max: 4294967295, step: 1 })),
        labelled(t("planning.keep"), choose("keep", ["approved", "newest", "none"])),
        Object.entries(RULES).map(([sector, names]) => labelled(t(`planning.rule_${sector}`), ruleOf(sector, names))),
        el(
          "label",
          { class: "check" },
          el("input", { type: "checkbox", checked: asked.isUrgent, onchange: (event) => (asked.isUrgent = event.target.checked) }),
          el("span", {}, t("planning.urgent")),
        ),
      ),
      el("p", { class: "quiet small" }, t("planning.more_why")),
    ),
    problem ? el("p", { class: "problem", role: "alert" }, problem) : "",
  );
}

function ruleOf(sector, names) {
  const chosen = asked.rules[sector] || "";
  return el(
    "select",
    { onchange: (event) => (asked.rules[sector] = event.target.value) },
    option("", t("planning.rule_own"), !chosen),
    names.map((name) => option(name, t(`planning.rule_is_${name}`), name === chosen)),
  );
}

async function start() {
  const { incident } = store.get();
  const rules = Object.fromEntries(Object.entries(asked.rules).filter(([, rule]) => rule));
  problem = null;
  try {
    const told = await post(`/v1/incidents/${incident.id}/plans`, {
      seconds: asked.seconds,
      seed: asked.seed,
      method: asked.method,
      rules,
      keep: asked.keep,
      is_urgent: asked.isUrgent,
      locks: orders(),
    });
    watch(told.job, { isOurs: true, seconds: asked.seconds });
  } catch (refused) {
    problem = refusal(refused);
  }
  drawForm();
}
