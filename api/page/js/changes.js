// The kinds of change a what-if may make, each with the fields it asks for: what the form, the request and the words share.

import { clock, minuteNow } from "./clock.js";
import { t, tOr } from "./i18n.js";

// A field is a name out of the incident ("crew", "component", "customer", "road"), "count", "hours" from now (may be left
// blank where it says so), "minutes", "text", "degrees", or a choice.
export const KINDS = {
  more_crews: { like: "crew", count: "count" },
  mutual_aid: { like: "crew", count: "count", arrives_minute: "hours", leaves_minute: "hours?" },
  new_crews: { id: "text", skills: "skill", longitude: "degrees", latitude: "degrees", arrives_minute: "hours" },
  crew_gone: { crews: "crew" },
  customer_first: { customer: "customer" },
  component_first: { component: "component" },
  road_closed: { links: "road" },
  other_damage: { component: "component", minutes: "minutes?" },
  unharmed: { components: "component" },
  service_rule: { sector: ["power", "water", "gas"], rule: ["flow", "connectivity"] },
  search: { method: ["local_search", "cp_sat", "nearest"] },
};

const LISTS = ["crews", "links", "components"];

// The change as the API takes it, from the texts of its fields; null where one that is needed is blank.
export function changeOf(kind, texts) {
  const values = {};
  for (const [name, type] of Object.entries(KINDS[kind])) {
    const text = String(texts[name] ?? "").trim();
    const mayBeBlank = typeof type === "string" && type.endsWith("?");
    if (!text) {
      if (mayBeBlank) continue;
      return null;
    }
    const value = valueOf(type, text);
    if (value === null) return null;
    values[name] = LISTS.includes(name) ? [value] : value;
  }
  if (kind === "other_damage") return { kind, damage: [values] };
  if (kind === "new_crews") return { kind, crews: [{ ...values, skills: values.skills.split(/[;,,]\s*/).filter(Boolean) }] };
  return { kind, ...values };
}

function valueOf(type, text) {
  const plain = typeof type === "string" ? type.replace("?", "") : "choice";
  if (!["count", "minutes", "hours", "degrees"].includes(plain)) return text;
  const number = Number(text);
  if (!Number.isFinite(number)) return null;
  if (plain === "hours") return minuteNow() + Math.round(60 * number);
  return plain === "degrees" ? number : Math.round(number);
}

// A change as the API tells it, in words.
export function changeText(change) {
  const values = { ...change };
  if (change.damage) Object.assign(values, change.damage[0], { component: change.damage.map((one) => one.component).join(", ") });
  if (change.kind === "new_crews") Object.assign(values, change.crews[0], { skills: change.crews[0].skills.join(", ") });
  for (const name of LISTS) if (Array.isArray(change[name]) && typeof change[name][0] === "string") values[name] = change[name].join(", ");
  if (values.arrives_minute !== undefined) values.arrives = clock(values.arrives_minute);
  if (values.sector) values.sector = tOr(`sector.${values.sector}`, values.sector);
  if (change.kind === "other_damage") values.duration = values.minutes ? t("whatif.takes", { minutes: values.minutes }) : "";
  return t(`whatif.said_${change.kind}`, values);
}
