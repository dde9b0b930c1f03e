/** 45-degree lines for what has no shade. */

/** side: pixels of the tile that repeats, which sets how dense the lines are. scale: CSS pixels for one unit of a path. */
export function hatch(context: CanvasRenderingContext2D, colour: string, scale: number, side = 7, width = 1): CanvasPattern {
  const tile = document.createElement("canvas");
  tile.width = tile.height = side;
  const pen = tile.getContext("2d")!;
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.beginPath();
  for (const offset of [-side, 0, side]) {
    pen.moveTo(offset, side);
    pen.lineTo(offset + side, 0);
  }
  pen.stroke();
  const pattern = context.createPattern(tile, "repeat")!;
  pattern.setTransform(new DOMMatrix().scale(1 / scale));
  return pattern;
}
