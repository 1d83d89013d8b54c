// Where no incident is chosen: the open ones, and the library's scenarios, each one click away from a recovering city.

import { all, get, post } from "./api.js";
import { openIncident } from "./following.js";
import { number, t, tOr } from "./i18n.js";
import { refusal } from "./problems.js";
import { playFromTheShock } from "./play.js";
import { store } from "./state.js";

const FIRST_PLAN_SECONDS = 1;
const MOST_INCIDENTS = 12;

let scenarios = null;
let incidents = [];
let problem = "";
let loading = ""; // the scenario that is being loaded
let isAsking = false;
let loaded = null; // the incident that was made here, until its first plan is there

export function mount(element) {
  const show = () => {
    element.hidden = Boolean(store.get().wanted.incident);
    if (!element.hidden) read(element);
  };
  store.subscribe(["wanted"], show);
  store.subscribe(["plan"], showRecovery);
  window.addEventListener("lifeline:words", () => draw(element));
  show();
}

async function read(element) {
  if (isAsking) return;
  isAsking = true;
  try {
    const [stories, found] = await Promise.all([get("/v1/scenarios"), get(`/v1/incidents?limit=${MOST_INCIDENTS}`)]);
    scenarios = stories.items;
    incidents = found.items;
    problem = "";
  } catch (error) {
    problem = refusal(error);
  }
  isAsking = false;
  draw(element);
}

function draw(element) {
  if (element.hidden) return;
  element.replaceChildren();
  const page = node("div", "", "start-page");
  element.append(page);
  page.append(node("h2", t("start.title"), "start-title"), node("p", t("start.what"), "quiet"));
  if (problem) page.append(alert(problem));
  if (incidents.length) {
    page.append(node("h3", t("start.incidents")), cards(incidents.map(incidentCard)));
  }
  if (scenarios) {
    page.append(node("h3", t("start.scenarios")), node("p", t("start.scenarios_why"), "quiet"));
    page.append(cards(scenarios.map((one) => scenarioCard(one, element))));
  } else if (!problem) {
    page.append(node("p", t("start.reading"), "quiet"));
  }
}

function incidentCard({ id, name, started_at: startedAt, is_drill: isDrill, is_closed: isClosed, system }) {
  const link = node("a", "", "start-card");
  link.href = `#incident=${id}`;
  link.addEventListener("click", (event) => {
    event.preventDefault();
    openIncident(id);
  });
  const marks = [isDrill && t("shell.drill"), isClosed && t("start.closed"), system].filter(Boolean);
  link.append(node("strong", name), node("span", marks.join(" · ")), node("span", since(startedAt), "quiet"));
  return link;
}

function scenarioCard({ name, story }, element) {
  const card = node("button", "", "start-card");
  Object.assign(card, { type: "button", disabled: Boolean(loading) });
  card.dataset.scenario = name;
  const said = tOr(`start.story_${name}`, story);
  card.append(node("strong", tOr(`start.name_${name}`, name)), node("span", said));
  card.append(node("span", t(loading === name ? "start.loading" : "start.load"), "start-do"));
  card.addEventListener("click", () => load(name, element));
  return card;
}

// Load a scenario as a drill, ask for a first plan, and go there: the plan comes as an event and is drawn by itself.
async function load(name, element) {
  loading = name;
  problem = "";
  draw(element);
  try {
    const incident = await post(`/v1/scenarios/${encodeURIComponent(name)}/incidents`, {
      name: t("start.drill_name", { name: tOr(`start.name_${name}`, name) }),
      is_drill: true,
    });
    await post(`/v1/incidents/${incident.id}/plans`, { seconds: FIRST_PLAN_SECONDS, is_urgent: true });
    loading = "";
    loaded = incident.id;
    openIncident(incident.id);
  } catch (error) {
    loading = "";
    problem = refusal(error);
    draw(element);
  }
}

function showRecovery({ incident, plan }) {
  if (!plan || !incident || incident.id !== loaded) return;
  loaded = null;
  playFromTheShock();
}

function since(startedAt) {
  const minutes = Math.max(0, Math.round((Date.now() - Date.parse(startedAt)) / 60_000));
  if (minutes < 60) return t("start.since_minutes", { minutes });
  const hours = Math.round(minutes / 60);
  return hours < 48 ? t("start.since_hours", { hours }) : t("start.since_days", { days: number(Math.round(hours / 24)) });
}

function cards(made) {
  const row = node("div", "", "start-cards");
  row.append(...made);
  return row;
}

function alert(text) {
  const line = node("p", text, "start-problem");
  line.setAttribute("role", "alert");
  return line;
}

function node(tag, text, className = "") {
  const made = document.createElement(tag);
  Object.assign(made, { textContent: text, className });
  return made;
}
