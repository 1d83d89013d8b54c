// What every open view shares: one store. Views subscribe to the keys they draw; nothing else ties them together.
//
// incident    the incident as GET /v1/incidents/{id} tells it, or null
// plan        the plan whose version is shown, or null
// plans       all its plans, the newest first
// timeline    the document of GET …/timeline, which the map, the slider and the tables are drawn from
// minute      the instant shown, in minutes after time zero; a fraction while it plays is never stored
// follows     whether the instant follows the clock
// language    "en" or "zh";  theme: "dark" or "light";  tab: the panel that is open
// sectors     the sectors that the map hides, as an object of names
// whatif      the job of the what-if that is shown, or null
// selected    {kind: "component" | "job" | "crew", id} or null
// connection  "live", "stale" or "lost"
// news        the last event of the incident's log that came
// wanted      {incident, plan}: which incident and version to show (plan null: the one that crews follow)

const state = {
  incident: null,
  plan: null,
  plans: [],
  timeline: null,
  minute: 0,
  follows: true,
  language: "en",
  theme: "dark",
  tab: "overview",
  whatif: null,
  hidden: {},
  selected: null,
  connection: "live",
  news: null,
  wanted: { incident: null, plan: null },
};

const listeners = new Map();

function same(one, other) {
  if (one === other) return true;
  if (!one || !other || typeof one !== "object" || typeof other !== "object") return false;
  const keys = Object.keys(one);
  return (
    !Array.isArray(one) &&
    keys.length <= 3 &&
    keys.length === Object.keys(other).length &&
    keys.every((key) => one[key] === other[key])
  );
}

export const store = {
  get() {
    return state;
  },

  // Change some keys; who subscribed to one that is different now is called once.
  set(changes) {
    const changed = Object.keys(changes).filter((key) => !same(state[key], changes[key]));
    for (const key of changed) state[key] = changes[key];
    const called = new Set();
    for (const key of changed) for (const callback of listeners.get(key) || []) called.add(callback);
    for (const callback of called) callback(state, changed);
  },

  // Call back with the state after each change of one of the keys; returns how to stop that.
  subscribe(keys, callback) {
    for (const key of keys) {
      if (!listeners.has(key)) listeners.set(key, new Set());
      listeners.get(key).add(callback);
    }
    return () => keys.forEach((key) => listeners.get(key).delete(callback));
  },
};

// The address holds the view, so that it can be shared: #incident=…&plan=3&minute=120&tab=plan&select=job:line-7

function read(hash) {
  const asked = new URLSearchParams(hash.replace(/^#/, ""));
  const changes = {
    wanted: { incident: asked.get("incident"), plan: Number(asked.get("plan")) || null },
    tab: asked.get("tab") || "overview",
    whatif: asked.get("whatif"),
  };
  const minute = asked.get("minute");
  if (minute !== null && /^\d+$/.test(minute)) Object.assign(changes, { minute: Number(minute), follows: false });
  const [kind, ...rest] = (asked.get("select") || "").split(":");
  changes.selected = rest.length ? { kind, id: rest.join(":") } : null;
  if (["en", "zh"].includes(asked.get("lang"))) changes.language = asked.get("lang");
  if (["dark", "light"].includes(asked.get("theme"))) changes.theme = asked.get("theme");
  return changes;
}

function written() {
  const told = new URLSearchParams();
  if (state.wanted.incident) told.set("incident", state.wanted.incident);
  if (state.wanted.plan) told.set("plan", state.wanted.plan);
  if (!state.follows) told.set("minute", state.minute);
  if (state.tab !== "overview") told.set("tab", state.tab);
  if (state.whatif) told.set("whatif", state.whatif);
  if (state.selected) told.set("select", `${state.selected.kind}:${state.selected.id}`);
  told.set("lang", state.language);
  told.set("theme", state.theme);
  return `#${told}`;
}

function kept(name, otherwise) {
  return window.localStorage.getItem(`lifeline.${name}`) || otherwise;
}

const likesLight = () => window.matchMedia("(prefers-color-scheme: light)").matches;

// Tie the address to the store, both ways. A browser allows few changes of it a second, so they wait a little.
export function followAddress() {
  const chinese = navigator.language.toLowerCase().startsWith("zh");
  store.set({ language: kept("language", chinese ? "zh" : "en"), theme: kept("theme", likesLight() ? "light" : "dark") });
  store.set(read(window.location.hash));
  let waiting = 0;
  store.subscribe(["wanted", "minute", "follows", "tab", "whatif", "selected", "language", "theme"], () => {
    window.localStorage.setItem("lifeline.language", state.language);
    window.localStorage.setItem("lifeline.theme", state.theme);
    window.clearTimeout(waiting);
    waiting = window.setTimeout(() => window.history.replaceState(null, "", written()), 250);
  });
  window.addEventListener("hashchange", () => store.set(read(window.location.hash)));
}
