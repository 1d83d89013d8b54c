// The frame of the page: header, tabs, keyboard; it mounts each view into its place.

import { useKey } from "./api.js";
import { clock, zone } from "./clock.js";
import { follow } from "./following.js";
import { setLanguage, t, translate } from "./i18n.js";
import { refusal } from "./problems.js";
import { followAddress, store } from "./state.js";

// Tab -> the modules it shows, one below the other. Each exports mount(element).
const TABS = {
  overview: ["people", "curves"],
  districts: ["districts"],
  facilities: ["facilities"],
  plan: ["planning", "gantt", "crews"],
  whatif: ["whatif"],
};

const PLACES = { map: "map", play: "play", component: "selection", report: "selection", start: "start", print: "print" };

const element = (id) => document.getElementById(id);

async function main() {
  followAddress();
  // Asked for first: it is what takes longest.
  follow();
  await setLanguage(store.get().language);
  drawTabs();
  drawHeader();
  store.subscribe(["language"], async (state) => {
    await setLanguage(state.language);
    drawHeader();
    drawTabs();
    window.dispatchEvent(new Event("lifeline:words"));
  });
  store.subscribe(["theme", "incident", "plan", "minute", "timeline", "connection", "problem"], drawHeader);
  store.subscribe(["tab"], showTab);
  store.subscribe(["selected"], drawSelection);
  element("language").addEventListener("click", () =>
    store.set({ language: store.get().language === "en" ? "zh" : "en" }),
  );
  element("theme").addEventListener("click", () =>
    store.set({ theme: store.get().theme === "dark" ? "light" : "dark" }),
  );
  window.addEventListener("lifeline:key-asked", askForKey);
  document.addEventListener("keydown", onKey);
  // Each by itself: a view that fails takes no other with it.
  for (const [name, place] of Object.entries(PLACES)) mount(name, element(place));
  showTab();
  drawSelection();
}

async function mount(name, place) {
  const module = await import(`./${name}.js`);
  module.mount(place);
  translate(place);
}

function drawHeader() {
  const { incident, plan, timeline, minute, connection, theme, problem } = store.get();
  document.documentElement.dataset.theme = theme;
  element("language").textContent = t("shell.other_language");
  element("theme").textContent = t(theme === "dark" ? "shell.light" : "shell.dark");
  element("incident-name").textContent = incident ? incident.name : "";
  document.title = incident ? `${incident.name} · lifeline` : "lifeline";
  element("drill").hidden = !incident || !incident.is_drill;
  element("clock").textContent = timeline ? `${clock(minute)} ${zone()}` : "";
  element("plan-shown").textContent = incident
    ? plan
      ? t(`shell.plan_${plan.status}`, { version: plan.version })
      : t("shell.no_plan")
    : "";
  element("connection").textContent = incident ? t(`shell.${connection}`) : "";
  element("connection").dataset.connection = connection;
  const banner = element("banner");
  const told = problem
    ? refusal(problem)
    : connection !== "live" && incident
      ? t(`shell.${connection}_banner`)
      : plan && plan.stale_since
        ? t("shell.plan_stale")
        : "";
  banner.textContent = told;
  banner.hidden = !told;
  document.body.dataset.empty = String(!store.get().wanted.incident);
}

function drawTabs() {
  const row = element("tabs");
  row.replaceChildren();
  for (const name of Object.keys(TABS)) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", id: `tab-${name}`, textContent: t(`shell.tab_${name}`) });
    button.setAttribute("role", "tab");
    button.setAttribute("aria-controls", `panel-${name}`);
    button.addEventListener("click", () => store.set({ tab: name }));
    row.append(button);
  }
  markTab();
}

// A tab's views are made when it is first opened.
function showTab() {
  const name = TABS[store.get().tab] ? store.get().tab : "overview";
  let panel = element(`panel-${name}`);
  if (!panel) {
    panel = document.createElement("div");
    panel.id = `panel-${name}`;
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", `tab-${name}`);
    element("panels").append(panel);
    for (const view of TABS[name]) {
      const place = document.createElement("section");
      place.className = `view view-${view}`;
      panel.append(place);
      mount(view, place);
    }
  }
  for (const other of element("panels").children) other.hidden = other !== panel;
  markTab();
  window.dispatchEvent(new Event("resize"));
}

function markTab() {
  for (const button of element("tabs").children) {
    const isOpen = button.id === `tab-${store.get().tab}`;
    button.setAttribute("aria-selected", String(isOpen));
    button.tabIndex = isOpen ? 0 : -1;
  }
}

// A job has an explanation of its own; a component and a crew are shown by component.js.
let jobPlace = null;

function drawSelection() {
  const { selected } = store.get();
  element("selection").hidden = !selected;
  if (selected && selected.kind === "job" && !jobPlace) {
    jobPlace = document.createElement("div");
    element("selection").append(jobPlace);
    mount("job", jobPlace);
  }
}

function onKey(event) {
  const tab = event.target.closest && event.target.closest("[role=tab]");
  if (tab && (event.key === "ArrowRight" || event.key === "ArrowLeft")) {
    const names = Object.keys(TABS);
    const step = event.key === "ArrowRight" ? 1 : names.length - 1;
    const next = names[(names.indexOf(store.get().tab) + step) % names.length];
    store.set({ tab: next });
    element(`tab-${next}`).focus();
  } else if (event.key === "Escape" && store.get().selected && !document.querySelector("dialog[open]")) {
    store.set({ selected: null });
  }
}

function askForKey() {
  const dialog = element("key-asked");
  if (dialog.open) return;
  dialog.addEventListener(
    "close",
    () => {
      useKey(element("key").value);
      element("key").value = "";
      window.location.reload();
    },
    { once: true },
  );
  dialog.showModal();
}

main();
