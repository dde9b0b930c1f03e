/** Words of a day of the past. */

const zh = {
  asOf: (day: string) => `截至 ${day}（历史），不更新`,
  offlineThen: (day: string) => `网络已断开。显示已取到的 ${day} 的数据，恢复后自动补齐。`,
  backToNow: "回到现在",
  someDay: "看某一天",
  showDay: "查看",
  dayMissing: "没有这一天",
  dayMissingHelp: "地址里的日期要写成 2026-03-01 这样。",
  dayNotOver: "这一天还没有过完",
  dayNotOverHelp: (day: string) => `${day} 过完以后才能看。今天的情况请看现在的作战图。`,
  dayTooEarly: "那时还没有网格",
  dayTooEarlyHelp: (day: string) => `${day} 在第 1 版网格发布以前。`,
  searchIsOfNow: "查找的是现在的数据，那一天可能还没有，或者不同。",
  sinceDayBefore: (difference: string) => `比前一日 ${difference}`,
  sinceWeekBefore: (difference: string) => `比一周前 ${difference}`,
  droppedThen: "链接里的所选内容那一天没有，或者不在您的范围内",
  noSuchIssueThen: "那一天没有这件问题，或者它不在您的范围内。",
  noSuchUnitThen: "那一天没有这套出租房，或者它不在您的范围内。",
  trendBy: "按哪时的边界统计",
  trendBoundaries: { day: "按当日边界", today: "按现行边界" },
  noSuchGridToday: "现行边界里没有这个网格。",
};

const en: typeof zh = {
  asOf: (day) => `As of ${day} (history), not updated`,
  offlineThen: (day) => `Connection lost. Showing what has arrived of ${day}; the rest will follow by itself.`,
  backToNow: "Back to now",
  someDay: "As of a day",
  showDay: "Show",
  dayMissing: "There is no such day",
  dayMissingHelp: "A day in the address is written like 2026-03-01.",
  dayNotOver: "This day is not over yet",
  dayNotOverHelp: (day) => `${day} can be looked at once it is over. Today is on the map of now.`,
  dayTooEarly: "There were no grids yet",
  dayTooEarlyHelp: (day) => `${day} is before edition 1 of the grids was published.`,
  searchIsOfNow: "The search finds what there is now. On that day it may have been different, or not there.",
  sinceDayBefore: (difference) => `24 h ${difference}`,
  sinceWeekBefore: (difference) => `7 d ${difference}`,
  droppedThen: "What the link selects was not there on that day, or is outside your area",
  noSuchIssueThen: "There was no such issue on that day, or it is outside your area.",
  noSuchUnitThen: "There was no such rental unit on that day, or it is outside your area.",
  trendBy: "Boundaries that it is counted by",
  trendBoundaries: { day: "Boundaries of each day", today: "Of today" },
  noSuchGridToday: "Among the boundaries of today there is no such grid.",
};

export const past = { zh, en };
