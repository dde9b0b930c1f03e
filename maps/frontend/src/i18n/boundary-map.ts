/** Words on the map of a draft. */

import type { Language } from "../payloads.ts";

export interface BoundaryMapWords {
  /** The map's name for a screen reader. */
  label: string;
  shared(grids: number): string;
  node: string;
  newNode: string;
  /** What a pointer is drawn to. */
  snapsToNode(grids: number): string;
  snapsToEdge: string;
  zoomIn: string;
  tooMany: string;
  deleteNode: string;
  junction: string;
  swipe: string;
  zoomCloser: string;
  zoomOut: string;
  /** How to use a tool, in one line. */
  hints: Record<"node" | "reshape" | "split" | "merge" | "transfer", string>;
  /** Why a drawn line cannot be taken. */
  needsEdges: string;
  needsGrid: string;
  key: Record<"draft" | "inForce" | "changed" | "fault", string>;
}

const zh: BoundaryMapWords = {
  label: "草案地图",
  shared: (grids) => `共用节点，${grids} 个网格`,
  node: "节点",
  newNode: "新节点",
  snapsToNode: (grids) => (grids > 1 ? `对齐到共用节点，${grids} 个网格` : "对齐到节点"),
  snapsToEdge: "对齐到边界",
  zoomIn: "放大后可以编辑节点。",
  tooMany: "此处网格太多，放大后可以编辑。",
  deleteNode: "删除节点",
  junction: "几条边界在此相交，不能删除",
  swipe: "左侧为现行边界，右侧为草案",
  zoomCloser: "放大",
  zoomOut: "缩小",
  hints: {
    node: "拖动节点；点或拖边界插入节点；Del 删除。",
    reshape: "从边界画到边界，双击结束；Esc 取消。",
    split: "画一条线穿过网格，双击结束；Esc 取消。",
    merge: "逐个点选要合并的网格。",
    transfer: "圈出要划转的区域，点起点结束；Esc 取消。",
  },
  needsEdges: "新线要从边界开始，到边界结束。",
  needsGrid: "这条线没有穿过网格。",
  key: { draft: "草案边界", inForce: "现行边界", changed: "改变归属的区域", fault: "拓扑错误" },
};

const en: BoundaryMapWords = {
  label: "Map of the draft",
  shared: (grids) => `Shared node, ${grids} grids`,
  node: "Node",
  newNode: "New node",
  snapsToNode: (grids) => (grids > 1 ? `Snaps to a shared node, ${grids} grids` : "Snaps to a node"),
  snapsToEdge: "Snaps to a boundary",
  zoomIn: "Zoom in to edit nodes.",
  tooMany: "Too many grids here. Zoom in to edit.",
  deleteNode: "Delete node",
  junction: "Boundaries meet here, so this node stays",
  swipe: "In force on the left, the draft on the right",
  zoomCloser: "Zoom in",
  zoomOut: "Zoom out",
  hints: {
    node: "Drag a node. Click or drag a boundary to insert one. Del deletes.",
    reshape: "Draw from boundary to boundary, double-click to end. Esc cancels.",
    split: "Draw a line across a grid, double-click to end. Esc cancels.",
    merge: "Click the grids that are to become one.",
    transfer: "Draw around the area to hand over, click the first point to end. Esc cancels.",
  },
  needsEdges: "The new line must begin and end on a boundary.",
  needsGrid: "The line does not cross a grid.",
  key: { draft: "Draft boundary", inForce: "In force", changed: "Area that changes grid", fault: "Fault" },
};

const WORDS: Record<Language, BoundaryMapWords> = { zh, en };

export function boundaryMapWordsOf(language: Language): BoundaryMapWords {
  return WORDS[language];
}
