"""The words for what changes between two plans, in English and in Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Language = Literal["en", "zh"]

ENGLISH: Mapping[str, str] = {
    "head": "New plan from {at} on. {affected} of {crews} crews change; the others go on as planned.",
    "nothing": "From {at} on everybody goes on as planned.",
    "costs": "Person-hours without service: {promised} promised before, {carried} if the old plan were carried on, "
    "{now} with this one ({change}).",
    "cannot": "The old plan cannot be carried on: {why}",
    "instead": "Person-hours without service: {promised} promised before, {carried} if the nearest job came first, "
    "{now} with this one ({change}).",
    "versions": "Person-hours without service: {before} with the plan before, {now} with this one ({change}).",
    "weighted": " Weighted.",
    "same": "no difference",
    "moved": "Jobs of the next {hours} h: {jobs}; to another crew or day of these go {moved}.",
    "crew": "{crew}: ",
    "until": "You are at {job} until {at} ({by}).",
    "longer": "{span} longer",
    "shorter": "{span} shorter",
    "not": "Do not go to {jobs}.",
    "goes": "{job} ({crew} goes)",
    "nobody": "{job} ({why})",
    "nobody_without": "{job} (nobody goes)",
    "new": "New for you: {jobs}.",
    "from": "{job} from {at}, instead of {crew}",
    "from_nobody": "{job} from {at}",
    "earlier": "Earlier: {jobs}.",
    "later": "Later: {jobs}.",
    "by": "{job} from {at} ({span})",
    "order": "Your order is now {jobs}.",
    "more": "{jobs} and {more} more",
    "only_more": "{jobs} after the next {hours} h",
    "rest": "As before: {jobs}.",
    "crews_more": "Changes for {more} more crews: {crews}. Their work lists are in worklists.csv.",
    "crews_later": "Only after the next {hours} h something changes for {crews}.",
    "and_others": "{crews} and {more} more",
    "and": ", ",
    "then": ", then ",
    "days": "{days} d {hours} h",
    "hours": "{hours} h {minutes} min",
    "minutes": "{minutes} min",
}

CHINESE: Mapping[str, str] = {
    "head": "自{at}起执行新计划。{crews}支队伍中有{affected}支有变动,其余队伍照原计划进行。",
    "nothing": "自{at}起,所有队伍照原计划进行。",
    "costs": "停供人·小时:原先承诺{promised},若沿用旧计划{carried},新计划{now}({change})。",
    "cannot": "旧计划无法沿用:{why}",
    "instead": "停供人·小时:原先承诺{promised},若就近派工{carried},新计划{now}({change})。",
    "versions": "停供人·小时:上一版计划{before},本计划{now}({change})。",
    "weighted": "(已加权)",
    "same": "相同",
    "moved": "今后{hours}小时的任务:{jobs}项,其中{moved}项换了队伍或日期。",
    "crew": "{crew}:",
    "until": "你们在{job}的工作到{at}结束({by})。",
    "longer": "延长{span}",
    "shorter": "缩短{span}",
    "not": "不必再去:{jobs}。",
    "goes": "{job}(由{crew}去)",
    "nobody": "{job}({why})",
    "nobody_without": "{job}(无人去)",
    "new": "新增任务:{jobs}。",
    "from": "{job},{at}开始(原由{crew}负责)",
    "from_nobody": "{job},{at}开始",
    "earlier": "提前:{jobs}。",
    "later": "推迟:{jobs}。",
    "by": "{job},改为{at}({span})",
    "order": "现在的顺序:{jobs}。",
    "more": "{jobs}等,另有{more}项",
    "only_more": "{hours}小时之后的{more}项",
    "rest": "其余{count}项任务不变。",
    "crews_more": "另有{more}支队伍有变动:{crews}。详见 worklists.csv。",
    "crews_later": "{hours}小时之后才有变动的队伍:{crews}。",
    "and_others": "{crews}等,另有{more}支",
    "and": ";",
    "then": "→",
    "days": "{days}天{hours}小时",
    "hours": "{hours}小时{minutes}分钟",
    "minutes": "{minutes}分钟",
}

WORDS: Mapping[Language, Mapping[str, str]] = {"en": ENGLISH, "zh": CHINESE}
