"""用中文解释：与其他语言相同的句子。"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from api.wording import (
    MINUTES_PER_DAY,
    MINUTES_PER_HOUR,
    PERMILLE,
    Clock,
    hours_figure,
    plain,
    weighted_hours,
)

if TYPE_CHECKING:
    from lifeline.binding import Binding
    from lifeline.explain import Decision, Delay, Place, UndoneExplained, VisitExplained
    from lifeline.purpose import Needed, Price, Way

MOST_NAMED = 5
LONGEST_NAME = 40
WEEKDAYS = "一二三四五六日"

SERVICES = {"power": "供电", "water": "供水", "gas": "供气", "telecom": "通信", "road": "道路通行"}

TEXTS = {
    "plan": "本方案：停供 {hours} 人·小时",
    "rule": "最好的经验规则 {rule}：{hours}",
    "decisions": "与规则 {rule} 相比最重要的决定",
    "no_decisions": "本方案的每项任务都与该规则相同，或者照规则移动也不会有任何变化。",
    "not_all_decisions": "队伍或时间不同的任务有 {open} 项，只试算了最早的 {tried} 项。",
    "not_a_sum": "每一条只移动一项任务；互相依赖的任务，各自都会显示共同的价值。",
    "jobs": "全部任务（按时间）",
    "job": "任务",
    "crew": "队伍",
    "start": "开工",
    "done": "完工",
    "back": "恢复人数",
    "delay": "推迟一小时的代价",
    "no_delay": "* 城市太大，较晚的任务未逐项试算；可按名称单独查询。",
    "ask": "用 `lifeline explain SYSTEM PLAN JOB` 可查看某一项任务的完整解释。",
    "undone": "不在方案中的任务",
    "why": "原因",
    "etr": "恢复时间及其取决于什么",
    "etr_first": "恢复时间及其取决于什么：先列重要设施，再列等待最久的用户",
    "customer": "用户",
    "service": "服务",
    "persons": "人数",
    "when": "恢复",
    "hangs_on": "取决于",
    "also": "还需要",
    "never_back": "无法恢复",
    "never_out": "未中断",
    "more_rows": "另有 {number} 行；用 --etr 列出全部。",
    "unit": "时间为 {timezone}；{hour}指一人缺一项服务一小时。",
    "hour": "人·小时",
    "kept_up_by": "靠 {jobs} 维持",
    "more": "等，另有 {number} 项",
    "comma": "、",
}


class Chinese:
    """中文句子。"""

    @property
    def texts(self) -> Mapping[str, str]:
        """标题与说明。"""
        return TEXTS

    def time(self, clock: Clock, minute: int) -> str:
        """返回简短的日期与时刻。"""
        return _time(clock, minute)

    def service(self, service: str) -> str:
        """返回服务的名称。"""
        return SERVICES.get(service, service)

    def cost(self, price: Price) -> str:
        """返回带符号和单位的代价；权重有影响时一并说明。"""
        hours = price.person_hours
        said = f"{'+' if hours > 0 else ''}{hours_figure(hours)} 人·小时"
        if price.objective == PERMILLE * price.person_minutes:
            return said
        weighted = weighted_hours(price.objective)
        return f"{said}（加权 {'+' if weighted > 0 else ''}{hours_figure(weighted)}）"

    def both(self, *reasons: str) -> str:
        """连接非空的理由。"""
        return "；".join(reason for reason in reasons if reason)

    def sentence(self, reason: str) -> str:
        """把理由写成一句话。"""
        return f"{reason}。"

    def brings_back(self, persons_by_service: Mapping[str, int]) -> str:
        """说明任务使哪些人恢复服务。"""
        parts = (
            f"{persons:,} 人恢复{self.service(service)}" for service, persons in persons_by_service.items()
        )
        return f"使 {'、'.join(parts)}"

    def needed_before(self, needed: Sequence[Needed], clock: Clock) -> str:
        """说明最先需要它的后续任务。"""
        first = needed[0]
        more = f"；另有 {len(needed) - 1} 项任务也需要它" if len(needed) > 1 else ""
        return f"{_name(first.job)} 需要它在先，后者{_back(first, clock)}{more}"

    def opens_way(self, way: Way) -> str:
        """说明道路使哪次行车成为可能或变短。"""
        if way.minutes_saved is None:
            return f"打通 {plain(way.crew, 20)} 前往 {_name(way.job)} 的唯一道路"
        return f"使 {plain(way.crew, 20)} 前往 {_name(way.job)} 缩短 {_span(way.minutes_saved)}"

    def keeps(self, person_minutes: int) -> str:
        """说明任务维持了哪些服务；有的任务不影响任何人。"""
        if person_minutes <= 0:
            return "不使任何人恢复服务"
        return f"避免之后损失 {hours_figure(person_minutes / MINUTES_PER_HOUR)} 人·小时的服务"

    def done(self, explained: VisitExplained, clock: Clock) -> str:
        """说明谁在何时完成任务。"""
        visit = explained.visit
        return (
            f"{_name(visit.job)} 是 {plain(visit.crew, 20)} 的第 {explained.position} 项任务："
            f"{_time(clock, visit.start)} 开工，{_time(clock, visit.finish)} 完工，即灾后 {_span(visit.finish)}。"
        )

    def unblocks(self, needed: Sequence[Needed], clock: Clock) -> str:
        """列出需要它的后续任务。"""
        named = [f"{_name(later.job)}（{_back(later, clock)}）" for later in needed[:MOST_NAMED]]
        return f"没有它，以下任务就不能使这些人恢复：{_list(named, len(needed))}。"

    def without(self, price: Price) -> str:
        """说明不做这项任务的代价。"""
        return f"若始终不做，代价为 {self.cost(price)}。" if price.objective else "若始终不做，没有任何代价。"

    def delay(self, delay: Delay) -> str:
        """说明推迟的代价。"""
        if delay.price is None:
            return f"它不能推迟 {_span(delay.minutes)}开工：指令不允许，或者已经开工。"
        pushed = f"，并使另外 {len(delay.pushed)} 项任务推迟" if delay.pushed else ""
        if delay.dropped:
            pushed += f"；{_names(delay.dropped)} 将无法完成"
        cost = f"代价为 {self.cost(delay.price)}" if delay.price.objective else "没有代价"
        return f"推迟 {_span(delay.minutes)}开工，{cost}{pushed}。"

    def best_place(self, tried: int, place: Place | None, clock: Clock) -> str:
        """说明别的最好位置及其代价。"""
        if place is None:
            return "方案中没有别的位置可以安排它。"
        where = f"在 {_name(place.before)} 之前" if place.before else "排在最后"
        found = (
            f"在其他 {tried:,} 个位置中，最好的是作为 {plain(place.crew, 20)} 的第 {place.position} 项任务（{where}），"
            f"{_time(clock, place.finish)} 完工"
        )
        if place.price.objective < 0:
            return f"{found}：{self.cost(place.price)}，可见方案还能改进。"
        return f"{found}：{self.cost(place.price)}。" if place.price.objective else f"{found}：代价相同。"

    def late(self, bindings: Sequence[Binding], clock: Clock) -> str:
        """说明任务为什么不能更早。"""
        first, *others = (self.binding(binding, clock) for binding in bindings)
        also = f"此外：{'；'.join(others)}。" if others else ""
        return f"它较晚，是因为{first}。{also}"

    def undone(self, explained: UndoneExplained, clock: Clock) -> str:
        """说明任务为什么不在方案中。"""
        said = f"{_name(explained.job)} 不在方案中：{self.binding(explained.because, clock)}。"
        place = explained.best_place
        if place is None:
            return said
        cost = self.cost(place.price) if place.price.objective else "不会有任何变化"
        return (
            f"{said}最好的位置是作为 {plain(place.crew, 20)} 的第 {place.position} 项任务，"
            f"{_time(clock, place.finish)} 完工：{cost}。"
        )

    def binding(self, binding: Binding, clock: Clock) -> str:
        """返回一条简短的原因。"""
        return BINDINGS[binding.kind](binding, clock)

    def decision(self, decision: Decision, clock: Clock) -> str:
        """说明方案与另一方案对某任务的不同安排及其价值。"""
        visit, other, moved = decision.visit, decision.other, decision.moved
        minutes = other.finish - visit.finish
        when = (
            "与规则同时完成"
            if not minutes
            else f"比规则{'早' if minutes > 0 else '晚'} {_span(abs(minutes))}完成"
        )
        who = (
            ""
            if visit.crew == other.crew
            else f"，由 {plain(visit.crew, 20)} 而不是 {plain(other.crew, 20)} 来做"
        )
        return (
            f"{_name(visit.job)} {when}{who}。若按规则作为 {plain(moved.crew, 20)} 的第 {moved.position} 项任务："
            f"{self.cost(moved.price)}。"
        )

    def never(self, because: str, waits_for: Sequence[str]) -> str:
        """说明为什么无法恢复。"""
        named = _list([_name(part) for part in waits_for[:MOST_NAMED]], len(waits_for))
        return NEVER[because if named else f"{because}_unnamed"].format(named=named)


def _time(clock: Clock, minute: int) -> str:
    moment = clock.moment(minute)
    if moment is None:
        return f"第 {minute:,} 分钟"
    day = (
        f"周{WEEKDAYS[moment.weekday()]}" if clock.weekday_is_clear else f"{moment.month} 月 {moment.day} 日"
    )
    return f"{day} {moment:%H:%M}"


def _span(minutes: int) -> str:
    """Return a span of time in its two largest units, as `wording.duration` does."""
    days, rest = divmod(minutes, MINUTES_PER_DAY)
    hours, left = divmod(rest, MINUTES_PER_HOUR)
    if days >= 2:
        return f"{days} 天 {hours} 小时" if hours else f"{days} 天"
    hours += days * 24
    if hours:
        return f"{hours} 小时 {left} 分钟" if left else f"{hours} 小时"
    return f"{left} 分钟"


def _name(job: str) -> str:
    return plain(job, LONGEST_NAME)


def _back(needed: Needed, clock: Clock) -> str:
    return f"于 {_time(clock, needed.finish)} 使 {needed.persons:,} 人恢复"


def _list(named: Sequence[str], count: int) -> str:
    more = f" 等，另有 {count - len(named)} 项" if count > len(named) else ""
    return "、".join(named) + more


def _names(names: Sequence[str]) -> str:
    return _list([_name(name) for name in names[:MOST_NAMED]], len(names))


def _road(binding: Binding, clock: Clock) -> str:
    by = f"（由 {_names(binding.names)} 打通）" if binding.names else ""
    return f"在 {_time(clock, binding.minute)} 之前没有道路可达{by}，队伍等待了 {_span(binding.minutes)}"


BINDINGS: Mapping[str, Callable[[Binding, Clock], str]] = {
    "nothing_gained": lambda binding, clock: "做它没有收益：没有人在等它",
    "road": _road,
    "arrives": lambda binding, clock: f"队伍 {_time(clock, binding.minute)} 才到达",
    "after": lambda binding, clock: f"它必须等 {_names(binding.names)}，直到 {_time(clock, binding.minute)}",
    "partner": lambda binding, clock: (
        f"它要与 {_names(binding.names)} 一起做，后者 {_time(clock, binding.minute)} 才到"
    ),
    "parts": lambda binding, clock: f"所需备件（{_names(binding.names)}）{_time(clock, binding.minute)} 才有",
    "order": lambda binding, clock: f"指令规定不得早于 {_time(clock, binding.minute)} 开工",
    "closed": lambda binding, clock: f"其间现场有 {_span(binding.minutes)}禁止进入",
    "shift": lambda binding, clock: f"其间队伍有 {_span(binding.minutes)}不当班",
    "skill": lambda binding, clock: (
        f"只有 {_names(binding.names[1:])} 会做（技能 {_name(binding.names[0])}），而别的队伍已无事可做"
    ),
    "waits": lambda binding, clock: f"方案让队伍等待了 {_span(binding.minutes)}",
    "busy": lambda binding, clock: (
        f"队伍先做另外 {len(binding.names)} 项任务，直到 {_time(clock, binding.minute)}"
    ),
    "work": lambda binding, clock: f"路程和工作本身就需要 {_span(binding.minutes)}",
    "no_place": lambda binding, clock: "本方案中没有队伍能安排它",
    "no_skill": lambda binding, clock: f"没有队伍具备技能 {_names(binding.names)}",
    "cut_off": lambda binding, clock: f"它被 {_names(binding.names)} 阻断，而后者没有人能修",
    "no_road": lambda binding, clock: "没有道路能让具备技能的队伍往返",
    "unassignable": lambda binding, clock: f"没有队伍能做（{plain(binding.text.rstrip('.'), 300)}）",
    "left_out": lambda binding, clock: "它被略去了，虽然有队伍能做",
}

NEVER = {
    "undone": "等待不在方案中的 {named}",
    "loop": "{named} 永远互相等待",
    "loop_unnamed": "位于永远互相等待的部件之后",
    "short_unnamed": "任何抢修都不能使其完全恢复",
}
