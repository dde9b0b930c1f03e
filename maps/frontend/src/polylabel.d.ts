declare module "polylabel" {
  /** [x, y] with the radius of the inscribed circle as `distance`. */
  export default function polylabel(polygon: [number, number][][], precision?: number): [number, number] & { distance: number };
}
