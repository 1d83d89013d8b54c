// What went wrong, in the page's language: the service tells the kind of a problem as a code, and the rest in English.

import { el } from "./elements.js";
import { language, t, tOr } from "./i18n.js";

// "What was sent breaks the rules", and beneath it which thing it is; in English the latter says it all.
export function refusal(problem) {
  if (!problem.status) return t("shell.unreachable");
  if (language() === "en" && problem.message) return problem.message;
  return [tOr(`problem.${problem.kind}`, t("problem.other")), problem.message].filter(Boolean).join("\n");
}

// Why nobody can do a job: the kind of reason, and beneath it the service's English sentence.
export function undoable({ kind, reason }) {
  if (language() === "en" || !reason) return ` ${reason}`;
  return [` ${tOr(`undoable.${kind}`, t("undoable.other"))}`, el("br"), el("span", { class: "quiet small", lang: "en" }, reason)];
}
