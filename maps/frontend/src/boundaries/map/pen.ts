/** Strokes and words on the canvas, as the editor's map needs them. */

import type { Palette } from "../../theme.ts";
import type { View } from "../../view.ts";

/** Width and dashes in pixels. */
export interface Lined {
  readonly colour: string;
  readonly width: number;
  readonly dashes?: readonly number[];
}

/** Stroke a path that is in units of paths, on a context that counts in them. */
export function stroke(context: CanvasRenderingContext2D, view: View, path: Path2D, { colour, width, dashes = [] }: Lined): void {
  context.strokeStyle = colour;
  context.lineWidth = width / view.pathScale;
  context.setLineDash(dashes.map((length) => length / view.pathScale));
  context.stroke(path);
}

/** A box with a word in it, in screen pixels: its left edge and middle are given. Returns left, top, right, bottom. */
export function tag(
  context: CanvasRenderingContext2D, { font }: Palette, text: string, x: number, y: number, paper: string, ink: string,
): [number, number, number, number] {
  context.font = `600 12px ${font}`;
  const width = context.measureText(text).width + 14;
  context.fillStyle = paper;
  context.beginPath();
  context.roundRect(x, y - 12, width, 24, 4);
  context.fill();
  context.fillStyle = ink;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillText(text, x + 7, y + 0.5);
  return [x, y - 12, x + width, y + 12];
}
