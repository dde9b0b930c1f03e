/** Words of the page of an edition and of a grid's history. */

import type { Exchange } from "../boundaries/history-steps.ts";
import type { Language } from "../payloads.ts";

export interface EditionWords {
  publishedBy(who: string | null, when: string): string;
  until(when: string): string;
  why: string;
  tookBack(edition: number): string;
  comment: string;
  drawnBy: string;
  compare: string;
  from: string;
  to: string;
  option(edition: number, when: string | null): string;
  nothing: string;
  differs(from: number, to: number): string;
  same: string;
  noEdition: string;
  changed(count: number): string;
  grids(count: number): string;
  onlyFirst(count: number): string;
  showAll: string;
  moreChanges(count: number): string;
  mapLabel: string;
  /** What is said of a grid. */
  fields: Readonly<Record<string, string>>;
  none: string;
  yes: string;
  no: string;
  said(field: string, before: string, after: string): string;
  moved(area: string): string;
  line(nodes: number): string;
  ground: string;
  history: string;
  historyOf(grid: string): string;
  noHistory: string;
  /** A code that was given again. */
  otherGrid(code: string, edition: number): string;
  exchanges: Readonly<Record<Exchange, string>>;
  elsewhere: string;
  made: string;
  retired: string;
  other: string;
  size(area: string, households: number | null): string;
  shape(edition: number): string;
  draft(id: number): string;
}

const zh: EditionWords = {
  publishedBy: (who, when) => (who ? `${who} 于 ${when} 发布` : `${when} 发布`),
  until: (when) => `施行到 ${when}`,
  why: "事由",
  tookBack: (edition) => `收回第 ${edition} 版`,
  comment: "说明",
  drawnBy: "起草",
  compare: "比较两版",
  from: "从",
  to: "到",
  option: (edition, when) => (when ? `第 ${edition} 版，${when}` : `第 ${edition} 版`),
  nothing: "还没有网格时",
  differs: (from, to) => (from === 0 ? `第 ${to} 版的网格` : `从第 ${from} 版到第 ${to} 版改了什么`),
  same: "这两版相同。",
  noEdition: "没有这一版。",
  changed: (count) => `改了 ${count} 个网格`,
  grids: (count) => `${count} 个网格`,
  onlyFirst: (count) => `只列出前 ${count} 个。`,
  showAll: "看全部",
  moreChanges: (count) => `还有 ${count} 个`,
  mapLabel: "改动的网格：方向键移动，加减号缩放",
  fields: { code: "编码", name: "名称", name_en: "英文名", area: "所属区域", households: "户数" },
  none: "无",
  yes: "是",
  no: "否",
  said: (field, before, after) => `${field}：${before} → ${after}`,
  moved: (area) => `增减共 ${area}`,
  line: (nodes) => (nodes ? `边线上${nodes > 0 ? "多" : "少"} ${Math.abs(nodes)} 个节点，面积不变` : "边线微调，面积不变"),
  ground: "地划给了谁",
  history: "沿革",
  historyOf: (grid) => `${grid} 的沿革`,
  noHistory: "这个网格还没有发布过，或您不能看。",
  otherGrid: (code, edition) => `编码 ${code} 在第 ${edition} 版里属于另一个网格。下面是后来使用这个编码的网格的沿革。`,
  exchanges: { splitFrom: "分自", madeOf: "由此合成", tookIn: "并入了", got: "划入，来自", gave: "划出，给", splitOff: "分出", wentTo: "并入" },
  elsewhere: "别处",
  made: "新建",
  retired: "撤销",
  other: "其他资料有改动",
  size: (area, households) => (households === null ? area : `${area}，${households} 户`),
  shape: (edition) => `第 ${edition} 版时的形状，淡线为之前`,
  draft: (id) => `草案 ${id}`,
};

const en: EditionWords = {
  publishedBy: (who, when) => (who ? `Published by ${who}, ${when}` : `Published ${when}`),
  until: (when) => `in force until ${when}`,
  why: "Why",
  tookBack: (edition) => `Edition ${edition} taken back`,
  comment: "Comment",
  drawnBy: "Drawn by",
  compare: "Compare two editions",
  from: "From",
  to: "To",
  option: (edition, when) => (when ? `Edition ${edition}, ${when}` : `Edition ${edition}`),
  nothing: "Before there were grids",
  differs: (from, to) => (from === 0 ? `Grids of edition ${to}` : `What changed from edition ${from} to ${to}`),
  same: "These two are the same.",
  noEdition: "There is no such edition.",
  changed: (count) => (count === 1 ? "1 grid changed" : `${count} grids changed`),
  grids: (count) => (count === 1 ? "1 grid" : `${count} grids`),
  onlyFirst: (count) => `Only the first ${count} are listed.`,
  showAll: "Show all",
  moreChanges: (count) => `${count} more`,
  mapLabel: "Grids that changed: arrow keys move, plus and minus zoom",
  fields: { code: "Code", name: "Name", name_en: "English name", area: "Area", households: "Households" },
  none: "none",
  yes: "yes",
  no: "no",
  said: (field, before, after) => `${field}: ${before} → ${after}`,
  moved: (area) => `${area} gained or lost`,
  line: (nodes) =>
    nodes ? `${Math.abs(nodes)} ${Math.abs(nodes) === 1 ? "node" : "nodes"} ${nodes > 0 ? "more" : "fewer"} on its line; no ground moved` : "Its line shifted a hair; no ground moved",
  ground: "Whose ground went where",
  history: "History",
  historyOf: (grid) => `History of ${grid}`,
  noHistory: "This grid has not been published yet, or you may not see it.",
  otherGrid: (code, edition) => `In edition ${edition} another grid had the code ${code}. This is the history of the grid that was given the code later.`,
  exchanges: {
    splitFrom: "Split from", madeOf: "Made of", tookIn: "Took in all of", got: "Got ground from", gave: "Gave ground to", splitOff: "Split off", wentTo: "Went to",
  },
  elsewhere: "elsewhere",
  made: "New",
  retired: "Retired",
  other: "Other columns changed",
  size: (area, households) => (households === null ? area : `${area}, ${households} ${households === 1 ? "household" : "households"}`),
  shape: (edition) => `Shape in edition ${edition}; the lighter line is the one before`,
  draft: (id) => `Draft ${id}`,
};

export function editionWordsOf(language: Language): EditionWords {
  return language === "zh" ? zh : en;
}
