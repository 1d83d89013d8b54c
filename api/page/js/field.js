// The page for a phone in a crew's van: my next jobs, in order, and what there is to say about them.
//
// The address holds whose work it is: /field#incident=…&crew=red. A key of the role crew needs neither.

import { all, get, stream, useKey } from "./api.js";
import { drawWork } from "./field_work.js";
import { hourAt, setLanguage, t, translate } from "./i18n.js";
import { report, reports, send, subscribe } from "./outbox.js";
import { mountOutbox } from "./outbox_list.js";
import { refusal } from "./problems.js";

const READ_MS = 20_000; // While the stream of events is away.
let connection = "";
const element = (id) => document.getElementById(id);

const view = {
  me: null,
  incident: null,
  crew: null,
  now: null, // the last answer of GET …/work
  readAt: null, // when that was
  isOffline: false,
  problem: "",
};

async function main() {
  const asked = new URLSearchParams(window.location.hash.slice(1));
  document.documentElement.dataset.theme = asked.get("theme") || kept("theme", "dark");
  const chinese = navigator.language.toLowerCase().startsWith("zh");
  const language = asked.get("lang") || kept("language", chinese ? "zh" : "en");
  keep("lifeline.language", language);
  await setLanguage(language);
  element("language").addEventListener("click", changeLanguage);
  element("theme").addEventListener("click", changeTheme);
  window.addEventListener("lifeline:key-asked", askForKey);
  window.addEventListener("online", read);
  window.addEventListener("offline", () => lost());
  window.addEventListener("hashchange", () => window.location.reload());
  subscribe(outboxChanged);
  mountOutbox(element("outbox"));
  view.incident = asked.get("incident");
  view.crew = asked.get("crew");
  keepOffline();
  draw();
  await choose();
  window.setInterval(() => connection !== "live" && read(), READ_MS);
  send();
}

// Find out whose work it is: of a crew's key its own, else what the address says, else what is chosen.
async function choose() {
  try {
    view.me = await get("/v1/me");
    if (view.me.crew) view.crew = view.me.crew;
    if (!view.incident) return drawChoice(view.me.crew ? view.me.incidents : await openIncidents());
  } catch (problem) {
    if (problem.status) return tell(refusal(problem));
  }
  if (!view.incident) return tell(t("field.offline_choice"));
  remember();
  await read();
  listen();
  return null;
}

const openIncidents = async () => (await all("/v1/incidents?limit=50")).filter((one) => !one.is_closed);

async function read() {
  if (!view.incident) return;
  const crew = view.crew ? `?crew=${encodeURIComponent(view.crew)}` : "";
  try {
    view.now = await get(`/v1/incidents/${view.incident}/work${crew}`);
    Object.assign(view, { readAt: new Date().toISOString(), isOffline: false, problem: "" });
    keep(place(), JSON.stringify({ now: view.now, readAt: view.readAt }));
    if (!view.crew && view.now.crews.length === 1) return chooseCrew(view.now.crews[0]);
    send();
  } catch (problem) {
    if (problem.status && problem.status < 500) view.problem = refusal(problem);
    else return lost();
  }
  return draw();
}

// What concerns this caller is heard at once; of the rest there is only a number, and nothing to read anew.
function listen() {
  let waiting = 0;
  const heard = (event) => {
    if (!event.kind) return;
    window.clearTimeout(waiting);
    waiting = window.setTimeout(read, 100);
  };
  stream(view.incident, view.now ? view.now.as_of_seq : 0, heard, (told) => {
    connection = told;
    if (told === "lost") read();
  });
}

// What was just sent stays on the screen until the service tells it.
let unsent = 0;
function outboxChanged() {
  const before = unsent;
  unsent = reports().filter((one) => !one.refused).length;
  if (unsent < before && view.incident) read();
  else draw();
}

function lost() {
  view.isOffline = true;
  draw();
}

// What was last read is there at once, and stays where the network does not come back.
function remember() {
  const before = JSON.parse(kept(place().slice("lifeline.".length), "null"));
  if (before) Object.assign(view, before);
  draw();
}

const place = () => `lifeline.work.${view.incident}.${view.crew || ""}`;

function kept(name, otherwise) {
  return window.localStorage.getItem(`lifeline.${name}`) || otherwise;
}

function keep(name, value) {
  try {
    window.localStorage.setItem(name, value);
  } catch {
    // The work list can be read again; the outbox says so itself where it is not kept.
  }
}

function draw() {
  const { now, crew } = view;
  translate(document.body);
  element("language").textContent = t("shell.other_language");
  element("theme").textContent = t(document.documentElement.dataset.theme === "dark" ? "shell.light" : "shell.dark");
  element("field-crew").textContent = crew ? t("field.crew", { crew }) : t("field.title");
  element("drill").hidden = !now || !now.is_drill;
  element("field-incident").textContent = now ? [now.name, planSaid(now)].join(" · ") : "";
  document.title = crew ? `${crew} · lifeline` : "lifeline";
  const told = banner();
  element("field-banner").textContent = told;
  element("field-banner").hidden = !told;
  if (now && !crew) drawCrews(now.crews);
  else if (now) drawWork(element("field-work"), { now, me: view.me, report: (update) => report(view.incident, update) });
}

function planSaid(now) {
  if (!now.plan_version) return t("field.no_plan");
  return t(`shell.plan_${now.plan_status}`, { version: now.plan_version });
}

function banner() {
  if (view.problem) return view.problem;
  if (view.isOffline) {
    const read = view.readAt ? hourAt(new Date(view.readAt), view.now && view.now.timezone) : "";
    return read ? t("field.offline_since", { time: read }) : t("field.offline");
  }
  if (view.now && view.now.is_closed) return t("field.closed");
  if (view.now && view.now.stale_since) return t("field.stale");
  return "";
}

function tell(text) {
  view.problem = text;
  draw();
}

function drawChoice(incidents) {
  const choices = incidents.map(({ id, name, is_drill: isDrill }) => ({
    text: isDrill ? t("field.drill_named", { name }) : name,
    href: `#incident=${id}`,
  }));
  if (choices.length === 1 && view.me.crew) window.location.hash = choices[0].href;
  drawLinks("field.which_incident", "field.no_incident", choices);
}

function drawCrews(crews) {
  const about = (crew) => `#incident=${view.incident}&crew=${encodeURIComponent(crew)}`;
  drawLinks("field.which_crew", "field.no_crews", crews.map((crew) => ({ text: crew, href: about(crew) })));
}

function chooseCrew(crew) {
  window.location.hash = `#incident=${view.incident}&crew=${encodeURIComponent(crew)}`;
}

function drawLinks(title, empty, choices) {
  const heading = document.createElement("h2");
  heading.textContent = t(choices.length ? title : empty);
  const links = choices.map(({ text, href }) => {
    const link = document.createElement("a");
    Object.assign(link, { textContent: text, href, className: "choice" });
    return link;
  });
  element("field-work").replaceChildren(heading, ...links);
}

async function changeLanguage() {
  const next = document.documentElement.lang === "en" ? "zh" : "en";
  keep("lifeline.language", next);
  await setLanguage(next);
  window.dispatchEvent(new Event("lifeline:words"));
  draw();
}

function changeTheme() {
  const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  keep("lifeline.theme", next);
  draw();
}

function askForKey() {
  const dialog = element("key-asked");
  if (dialog.open) return;
  const use = () => {
    useKey(element("key").value);
    window.location.reload();
  };
  dialog.addEventListener("close", use, { once: true });
  dialog.showModal();
}

// The page itself has to open in a dead zone too. Browsers allow that on https and localhost only.
function keepOffline() {
  if (navigator.serviceWorker) navigator.serviceWorker.register("/page/js/field_worker.js", { scope: "/field" });
}

main();
